// PersistentVolume: a piece of storage in the cluster, bound to one claim at a time.
//
// Upstream: pkg/registry/core/persistentvolume/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { PersistentVolume } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const persistentVolume = defineKind<Draft<PersistentVolume>>({
  group: '',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
