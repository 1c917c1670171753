// CSINode: the CSI drivers on a node; its name is the node's.
//
// Upstream: pkg/registry/storage/csinode/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { CSINode } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const csiNode = defineKind<Draft<CSINode>>({
  group: 'storage.k8s.io',
  kind: 'CSINode',
  resource: 'csinodes',
  singular: 'csinode',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
