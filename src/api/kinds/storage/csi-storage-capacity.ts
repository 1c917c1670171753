// CSIStorageCapacity: how much of a StorageClass is left in a part of the cluster.
//
// Upstream: pkg/registry/storage/csistoragecapacity/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { CSIStorageCapacity } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const csiStorageCapacity = defineKind<Draft<CSIStorageCapacity>>({
  group: 'storage.k8s.io',
  kind: 'CSIStorageCapacity',
  resource: 'csistoragecapacities',
  singular: 'csistoragecapacity',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
