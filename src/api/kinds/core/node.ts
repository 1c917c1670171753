// Node: a machine that runs pods, registered and kept up to date by its kubelet.
//
// Upstream: pkg/registry/core/node/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Node } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const node = defineKind<Draft<Node>>({
  group: '',
  kind: 'Node',
  resource: 'nodes',
  singular: 'node',
  shortNames: ['no'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/minions',
  status: {},
})
