// Service: a stable address for the pods that a selector matches.
//
// Upstream: pkg/registry/core/service/strategy.go

import { defaultService } from '#api/kinds/core/service-defaults.ts'
import { defineKind } from '#api/kinds/kind.ts'
import type { Service } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const service = defineKind<Draft<Service>>({
  group: '',
  kind: 'Service',
  resource: 'services',
  singular: 'service',
  shortNames: ['svc'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/services/specs',
  allowCreateOnUpdate: true,
  defaults: defaultService,
  status: {},
})
