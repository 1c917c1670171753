// Ingress: routes HTTP from outside to Services by host and path.
//
// Upstream: pkg/registry/networking/ingress/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Ingress } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

export const ingress = defineKind<Draft<Ingress>>({
  group: 'networking.k8s.io',
  kind: 'Ingress',
  resource: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/ingress',
  status: {},
})
