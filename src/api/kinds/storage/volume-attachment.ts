// VolumeAttachment: asks a CSI driver to attach a volume to a node.
//
// Upstream: pkg/registry/storage/volumeattachment/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { VolumeAttachment } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

export const volumeAttachment = defineKind<Draft<VolumeAttachment>>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
  status: {},
})
