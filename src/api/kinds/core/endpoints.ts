// Endpoints: the addresses behind a Service in one list; the older form of EndpointSlice.
//
// Upstream: pkg/registry/core/endpoint/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Endpoints } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const endpoints = defineKind<Draft<Endpoints>>({
  group: '',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/services/endpoints',
  allowCreateOnUpdate: true,
})
