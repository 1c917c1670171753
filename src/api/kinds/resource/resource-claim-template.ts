// ResourceClaimTemplate: from which each pod gets a ResourceClaim of its own.
//
// Upstream: pkg/registry/resource/resourceclaimtemplate/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ResourceClaimTemplate } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

export const resourceClaimTemplate = defineKind<Draft<ResourceClaimTemplate>>({
  group: 'resource.k8s.io',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
