// EndpointSlice: a part of the addresses behind a Service, what proxies and DNS read.
//
// Upstream: pkg/registry/discovery/endpointslice/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { Draft } from '#api/types/wire.ts'

export const endpointSlice = defineKind<Draft<EndpointSlice>>({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
