// HorizontalPodAutoscaler: sets the replicas of a workload by what is measured. Stored as v2, also served as v1.
//
// Upstream: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { HorizontalPodAutoscaler } from '#api/types/autoscaling.ts'
import type { Draft } from '#api/types/wire.ts'

export const horizontalPodAutoscaler = defineKind<Draft<HorizontalPodAutoscaler>>({
  group: 'autoscaling',
  kind: 'HorizontalPodAutoscaler',
  resource: 'horizontalpodautoscalers',
  singular: 'horizontalpodautoscaler',
  shortNames: ['hpa'],
  categories: ['all'],
  namespaced: true,
  versions: ['v2', 'v1'],
  storageVersion: 'v2',
  status: {},
})
