// PersistentVolumeClaim: the wish of a namespace for storage, bound to one PersistentVolume.
//
// Upstream: pkg/registry/core/persistentvolumeclaim/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const persistentVolumeClaim = defineKind<Draft<PersistentVolumeClaim>>({
  group: '',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
