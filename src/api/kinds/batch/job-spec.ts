// Whether the spec of a Job is well formed, also as the template in a CronJob.
//
// Upstream: validateJobSpec in pkg/apis/batch/validation/validation.go

import { matchingTemplate, nonnegativeFields, validateTemplate } from '#api/kinds/apps/workload.ts'
import { podFailurePolicy, podReplacementPolicy, successPolicy } from '#api/kinds/batch/job-policies.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { goQuote, invalid, notSupportedInOrder, type Path, required, tooLong } from '#api/meta/field-error.ts'
import { isLabelValue } from '#api/meta/names.ts'
import { type FieldErrors, nonnegative, validateLabelSelector } from '#api/meta/validation.ts'
import { domainPrefixedPath } from '#api/meta/validation-formats.ts'
import type { JobSpec } from '#api/types/batch.ts'
import type { LabelSelector } from '#api/types/meta.ts'

const MAX_INDEXED_PARALLELISM = 100_000
const MAX_FAILED_INDEXES = 100_000
const MAX_MANAGED_BY_LENGTH = 63
/** With more completions than these, fewer pods may run at once, and fewer indexes fail. */
const MANY_COMPLETIONS = 100_000
const LIMIT_FOR_MANY = 10_000

/** Of the column that shows a selector. */
export const JOB_SELECTOR_DESCRIPTION =
  'A label query over pods that should match the pod count. Normally, the system sets this field for you. More info: https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#label-selectors'

export const isIndexed = (spec: JobSpec | undefined): boolean => spec?.completionMode === 'Indexed'

const hasInvalidValue = (selector: LabelSelector | undefined): boolean =>
  (selector?.matchExpressions ?? []).some(({ values }) =>
    (values ?? []).some((value) => isLabelValue(value).length > 0),
  )

/** The spec of a Job itself, which has a selector. */
export function* validateJobSpec(spec: JobSpec, old: JobSpec | undefined, path: Path): FieldErrors {
  yield* jobTemplate(spec, old, path)
  const at = path.child('selector')
  if (!spec.selector) yield required(at)
  else {
    yield* validateLabelSelector(spec.selector, at, { allowInvalidValues: hasInvalidValue(old?.selector) })
  }
  yield* matchingTemplate(spec, path.child('template'))
}

/** All but the selector. */
export function* jobTemplate(spec: JobSpec, old: JobSpec | undefined, path: Path): FieldErrors {
  yield* counts(spec, path)
  yield* managedBy(spec.managedBy, path.child('managedBy'))
  yield* completionMode(spec, path)
  if (spec.podFailurePolicy) yield* podFailurePolicy(spec, path.child('podFailurePolicy'))
  if (spec.successPolicy) {
    const at = path.child('successPolicy')
    if (isIndexed(spec)) yield* successPolicy(spec, at)
    else {
      yield invalid(at, internalForm('SuccessPolicy', spec.successPolicy), 'requires indexed completion mode')
    }
  }
  yield* podReplacementPolicy(spec, path.child('podReplacementPolicy'))
  yield* validateTemplate(spec.template, old && { spec: old }, path.child('template'))
  yield* restartPolicy(spec, path.child('template', 'spec', 'restartPolicy'))
}

function* counts(spec: JobSpec, path: Path): FieldErrors {
  yield* nonnegativeFields(spec, path, [
    'parallelism',
    'completions',
    'activeDeadlineSeconds',
    'backoffLimit',
    'ttlSecondsAfterFinished',
    'backoffLimitPerIndex',
  ])
  if (spec.maxFailedIndexes === undefined) return
  yield* nonnegative(path.child('maxFailedIndexes'), spec.maxFailedIndexes)
  if (spec.backoffLimitPerIndex === undefined) {
    yield required(path.child('backoffLimitPerIndex'), 'when maxFailedIndexes is specified')
  }
}

function* managedBy(name: string | undefined, path: Path): FieldErrors {
  if (name === undefined) return
  yield* domainPrefixedPath(path, name)
  if (Buffer.byteLength(name) > MAX_MANAGED_BY_LENGTH) yield tooLong(path, MAX_MANAGED_BY_LENGTH)
}

function* completionMode(spec: JobSpec, path: Path): FieldErrors {
  const { completionMode: mode } = spec
  if (mode !== undefined && mode !== 'NonIndexed' && mode !== 'Indexed') {
    yield notSupportedInOrder(path.child('completionMode'), mode, ['NonIndexed', 'Indexed'])
  }
  if (mode === 'Indexed') yield* indexedLimits(spec, path)
  if (mode !== undefined && mode !== 'NonIndexed') return
  for (const name of ['backoffLimitPerIndex', 'maxFailedIndexes'] as const) {
    if (spec[name] !== undefined) {
      yield invalid(path.child(name), spec[name], 'requires indexed completion mode')
    }
  }
}

function* indexedLimits(spec: JobSpec, path: Path): FieldErrors {
  const { completions, parallelism = 0, maxFailedIndexes } = spec
  const failed = maxFailedIndexes ?? 0
  const parallelismPath = path.child('parallelism')
  const failedPath = path.child('maxFailedIndexes')
  const atMost = (limit: number | string): string => `must be less than or equal to ${limit}`
  if (completions === undefined) {
    yield required(path.child('completions'), 'when completion mode is Indexed')
  }
  if (parallelism > MAX_INDEXED_PARALLELISM) {
    const text = `${atMost(MAX_INDEXED_PARALLELISM)} when completion mode is Indexed`
    yield invalid(parallelismPath, parallelism, text)
  }
  if (completions !== undefined && maxFailedIndexes !== undefined && failed > completions) {
    yield invalid(failedPath, failed, atMost('completions'))
  }
  if (failed > MAX_FAILED_INDEXES) yield invalid(failedPath, failed, atMost(MAX_FAILED_INDEXES))
  if ((completions ?? 0) <= MANY_COMPLETIONS || spec.backoffLimitPerIndex === undefined) return
  if (maxFailedIndexes === undefined) {
    yield required(failedPath, `must be specified when completions is above ${MANY_COMPLETIONS}`)
  }
  const when = `when completions are above ${MANY_COMPLETIONS} and used with backoff limit per index`
  const text = `${atMost(LIMIT_FOR_MANY)} ${when}`
  if (parallelism > LIMIT_FOR_MANY) yield invalid(parallelismPath, parallelism, text)
  if (failed > LIMIT_FOR_MANY) yield invalid(failedPath, failed, text)
}

const RESTART_POLICIES = ['OnFailure', 'Never']

function* restartPolicy(spec: JobSpec, path: Path): FieldErrors {
  const policy = spec.template?.spec?.restartPolicy
  if (!policy || policy === 'Always') {
    yield required(path, `valid values: ${RESTART_POLICIES.map(goQuote).join(', ')}`)
  } else if (!RESTART_POLICIES.includes(policy)) yield notSupportedInOrder(path, policy, RESTART_POLICIES)
  else if (spec.podFailurePolicy && policy !== 'Never') {
    yield invalid(path, policy, 'only "Never" is supported when podFailurePolicy is specified')
  }
}
