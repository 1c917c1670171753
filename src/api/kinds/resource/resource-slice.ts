// ResourceSlice: the devices that a driver offers on a node or in a pool.
//
// Upstream: pkg/registry/resource/resourceslice/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ResourceSlice } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

export const resourceSlice = defineKind<Draft<ResourceSlice>>({
  group: 'resource.k8s.io',
  kind: 'ResourceSlice',
  resource: 'resourceslices',
  singular: 'resourceslice',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
