// APIService: who serves one group and version: this server, or another behind a Service.
//
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/registry/apiservice/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const apiService = defineKind<Draft<APIService>>({
  group: 'apiregistration.k8s.io',
  kind: 'APIService',
  resource: 'apiservices',
  singular: 'apiservice',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/apiregistration.k8s.io/apiservices',
  allowUnconditionalUpdate: false,
  status: {},
})
