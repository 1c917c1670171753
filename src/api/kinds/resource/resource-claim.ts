// ResourceClaim: asks for devices; allocated by the scheduler, reserved for pods.
//
// Upstream: pkg/registry/resource/resourceclaim/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ResourceClaim } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

export const resourceClaim = defineKind<Draft<ResourceClaim>>({
  group: 'resource.k8s.io',
  kind: 'ResourceClaim',
  resource: 'resourceclaims',
  singular: 'resourceclaim',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
