// NetworkPolicy: which traffic the selected pods may have.
//
// Upstream: pkg/registry/networking/networkpolicy/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { NetworkPolicy } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

export const networkPolicy = defineKind<Draft<NetworkPolicy>>({
  group: 'networking.k8s.io',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
