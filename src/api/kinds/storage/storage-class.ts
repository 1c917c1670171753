// StorageClass: how PersistentVolumes of one sort are made.
//
// Upstream: pkg/registry/storage/storageclass/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { StorageClass } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const storageClass = defineKind<Draft<StorageClass>>({
  group: 'storage.k8s.io',
  kind: 'StorageClass',
  resource: 'storageclasses',
  singular: 'storageclass',
  shortNames: ['sc'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
