// CustomResourceDefinition: adds a kind to the API while the server runs.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresourcedefinition/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { CustomResourceDefinition } from '#api/types/apiextensions.ts'
import type { Draft } from '#api/types/wire.ts'

export const customResourceDefinition = defineKind<Draft<CustomResourceDefinition>>({
  group: 'apiextensions.k8s.io',
  kind: 'CustomResourceDefinition',
  resource: 'customresourcedefinitions',
  singular: 'customresourcedefinition',
  shortNames: ['crd', 'crds'],
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/apiextensions.k8s.io/customresourcedefinitions',
  allowUnconditionalUpdate: false,
  status: {},
})
