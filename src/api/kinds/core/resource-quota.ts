// ResourceQuota: how much a namespace may use in sum; charged at admission.
//
// Upstream: pkg/registry/core/resourcequota/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ResourceQuota } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const resourceQuota = defineKind<Draft<ResourceQuota>>({
  group: '',
  kind: 'ResourceQuota',
  resource: 'resourcequotas',
  singular: 'resourcequota',
  shortNames: ['quota'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
