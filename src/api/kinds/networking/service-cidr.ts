// ServiceCIDR: a range from which Services get their addresses.
//
// Upstream: pkg/registry/networking/servicecidr/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ServiceCIDR } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

export const serviceCIDR = defineKind<Draft<ServiceCIDR>>({
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
})
