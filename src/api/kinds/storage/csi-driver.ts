// CSIDriver: what a CSI driver can do and wants from Kubernetes.
//
// Upstream: pkg/registry/storage/csidriver/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { CSIDriver } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const csiDriver = defineKind<Draft<CSIDriver>>({
  group: 'storage.k8s.io',
  kind: 'CSIDriver',
  resource: 'csidrivers',
  singular: 'csidriver',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
