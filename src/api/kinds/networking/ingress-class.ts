// IngressClass: which controller serves the Ingresses that name it.
//
// Upstream: pkg/registry/networking/ingressclass/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { IngressClass } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

export const ingressClass = defineKind<Draft<IngressClass>>({
  group: 'networking.k8s.io',
  kind: 'IngressClass',
  resource: 'ingressclasses',
  singular: 'ingressclass',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
