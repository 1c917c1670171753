// VolumeAttributesClass: parameters of a volume that can be changed while it is used.
//
// Upstream: pkg/registry/storage/volumeattributesclass/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { VolumeAttributesClass } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const volumeAttributesClass = defineKind<Draft<VolumeAttributesClass>>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttributesClass',
  resource: 'volumeattributesclasses',
  singular: 'volumeattributesclass',
  shortNames: ['vac'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
