// HorizontalPodAutoscaler: sets the replicas of a workload by what is measured. Stored as v2, also served as v1.
//
// Upstream: pkg/registry/autoscaling/horizontalpodautoscaler/strategy.go, pkg/apis/autoscaling/validation

import { nonnegativeFields } from '#api/kinds/apps/workload.ts'
import { defaultBehavior, validateBehavior } from '#api/kinds/autoscaling/behavior.ts'
import { autoscalerColumns } from '#api/kinds/autoscaling/columns.ts'
import {
  convertAutoscaler,
  cpuMetric,
  DEFAULT_CPU_UTILIZATION,
  withoutCarriers,
} from '#api/kinds/autoscaling/convert.ts'
import {
  type ReferenceRules,
  validateMetrics,
  validateReference,
  versionProblem,
} from '#api/kinds/autoscaling/metrics.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { HorizontalPodAutoscaler, MetricSpec } from '#api/types/autoscaling.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const OF_OBJECTS: ReferenceRules = { allowEmptyGroup: true, allowInvalidVersion: false }

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
  hasGeneration: false,
  convert: convertAutoscaler,
  defaults,
  prepareForCreate(draft) {
    draft.status = { desiredReplicas: 0, currentMetrics: null as never }
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  *validate(object) {
    yield* namespacedMetadata(object)
    yield* validateSpec(object, undefined)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateSpec(object, old)
  },
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* nonnegativeFields(object.status ?? {}, new Path('status'), [
        'currentReplicas',
        'desiredReplicas',
      ])
    },
  },
  columns: autoscalerColumns,
})

function defaults({ metadata, spec }: Draft<HorizontalPodAutoscaler>): void {
  if (metadata?.annotations) {
    const annotations = withoutCarriers(metadata.annotations)
    if (Object.keys(annotations).length > 0) metadata.annotations = annotations
    else delete (metadata as { annotations?: object }).annotations
  }
  if (!spec) return
  spec.minReplicas ??= 1
  if ((spec.metrics ?? []).length === 0)
    spec.metrics = [cpuMetric(DEFAULT_CPU_UTILIZATION) as Draft<MetricSpec>]
  if (spec.behavior) defaultBehavior(spec.behavior)
}

function* validateSpec(
  object: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler | undefined,
): FieldErrors {
  const spec = object.spec ?? ({} as NonNullable<HorizontalPodAutoscaler['spec']>)
  const { minReplicas, maxReplicas = 0 } = spec
  const lowest = old?.spec?.minReplicas === 0 ? 0 : 1
  if (minReplicas !== undefined && minReplicas < lowest) {
    yield invalid(SPEC.child('minReplicas'), minReplicas, `must be greater than or equal to ${lowest}`)
  }
  const max = SPEC.child('maxReplicas')
  if (maxReplicas === 0) yield required(max, 'must be set and greater than 0')
  else if (maxReplicas < 0) yield invalid(max, maxReplicas, 'must be greater than or equal to 1')
  if (minReplicas !== undefined && maxReplicas < minReplicas) {
    yield invalid(max, maxReplicas, 'must be greater than or equal to `minReplicas`')
  }
  yield* validateReference(spec.scaleTargetRef, SPEC.child('scaleTargetRef'), targetRules(object, old))
  yield* validateMetrics(spec.metrics ?? [], SPEC.child('metrics'), minReplicas, metricRules(old))
  yield* validateBehavior(spec.behavior, SPEC.child('behavior'))
}

function targetRules(
  object: HorizontalPodAutoscaler,
  old: HorizontalPodAutoscaler | undefined,
): ReferenceRules {
  const target = object.spec?.scaleTargetRef
  const before = old?.spec?.scaleTargetRef
  const isSame =
    old !== undefined && before?.apiVersion === target?.apiVersion && before?.kind === target?.kind
  return {
    allowInvalidVersion: isSame,
    allowEmptyGroup: !isSame && target?.kind === 'ReplicationController',
  }
}

function metricRules(old: HorizontalPodAutoscaler | undefined): ReferenceRules {
  const wasInvalid = (old?.spec?.metrics ?? []).some(
    ({ type, object }) =>
      type === 'Object' &&
      object !== undefined &&
      versionProblem(object.describedObject.apiVersion ?? '', OF_OBJECTS) !== undefined,
  )
  return { allowEmptyGroup: true, allowInvalidVersion: wasInvalid }
}
