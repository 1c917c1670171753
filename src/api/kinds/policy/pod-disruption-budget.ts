// PodDisruptionBudget: how many of the selected pods an eviction may take down.
//
// Upstream: pkg/registry/policy/poddisruptionbudget/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
import type { Draft } from '#api/types/wire.ts'

export const podDisruptionBudget = defineKind<Draft<PodDisruptionBudget>>({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
  status: {},
})
