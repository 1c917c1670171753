// PriorityClass: a name for the priority of pods.
//
// Upstream: pkg/registry/scheduling/priorityclass/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { PriorityClass } from '#api/types/scheduling.ts'
import type { Draft } from '#api/types/wire.ts'

export const priorityClass = defineKind<Draft<PriorityClass>>({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
})
