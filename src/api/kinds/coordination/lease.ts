// Lease: who holds something until when: node heartbeats and leader election.
//
// Upstream: pkg/registry/coordination/lease/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Lease } from '#api/types/coordination.ts'
import type { Draft } from '#api/types/wire.ts'

export const lease = defineKind<Draft<Lease>>({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  resource: 'leases',
  singular: 'lease',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
})
