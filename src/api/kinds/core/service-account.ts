// ServiceAccount: who a pod is, when it talks to the API server.
//
// Upstream: pkg/registry/core/serviceaccount/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ServiceAccount } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const serviceAccount = defineKind<Draft<ServiceAccount>>({
  group: '',
  kind: 'ServiceAccount',
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  shortNames: ['sa'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
