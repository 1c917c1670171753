// What the status of a Job may say. A wrong status that was stored before may stay until it is touched.
//
// Upstream: validateJobStatus, ValidateJobStatusUpdate in pkg/apis/batch/validation/validation.go,
// getStatusValidationOptions in pkg/registry/batch/job/strategy.go

import { nonnegativeFields } from '#api/kinds/apps/workload.ts'
import { countIndexes, firstCommonIndex } from '#api/kinds/batch/index-list.ts'
import { hasCondition, isFinished } from '#api/kinds/batch/job-conditions.ts'
import { isIndexed } from '#api/kinds/batch/job-spec.ts'
import { metadataUpdate } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { duplicate, invalid, invalidWithoutValue, Path, required } from '#api/meta/field-error.ts'
import { timeMs } from '#api/meta/time.ts'
import { type FieldErrors, IS_IMMUTABLE } from '#api/meta/validation.ts'
import type { Job, JobStatus } from '#api/types/batch.ts'

const STATUS = new Path('status')
const CONDITIONS = STATUS.child('conditions')

/** The status of a Job, beside what it was. */
interface Change {
  readonly job: Job
  readonly old: Job
  readonly status: JobStatus
  readonly before: JobStatus
  /** One of these is not as it was. */
  changed(...names: readonly (keyof JobStatus)[]): boolean
  /** One of these conditions is true that was not, or the other way round. */
  turned(...types: readonly string[]): boolean
  is(type: string): boolean
}

function changeOf(job: Job, old: Job): Change {
  const status = job.status ?? {}
  const before = old.status ?? {}
  return {
    job,
    old,
    status,
    before,
    changed: (...names) => names.some((name) => !semanticEqual(status[name], before[name])),
    turned: (...types) => types.some((type) => hasCondition(job, type) !== hasCondition(old, type)),
    is: (type) => hasCondition(job, type),
  }
}

export function* validateJobStatus(job: Job, old: Job): FieldErrors {
  const change = changeOf(job, old)
  yield* metadataUpdate(job, old)
  yield* nonnegativeFields(change.status, STATUS, ['active', 'succeeded', 'failed', 'ready', 'terminating'])
  yield* uncountedPods(change.status)
  yield* contradictions(change)
  yield* completionTime(change)
  yield* reasonsForEnd(change)
  yield* finishedJob(change)
  yield* indexes(change)
  yield* countsOfPods(change)
  yield* successCriteria(change)
  yield* onlyForward(change)
}

function* uncountedPods({ uncountedTerminatedPods }: JobStatus): FieldErrors {
  const seen = new Set<string>()
  for (const name of ['succeeded', 'failed'] as const) {
    for (const [i, uid] of (uncountedTerminatedPods?.[name] ?? []).entries()) {
      const path = STATUS.child('uncountedTerminatedPods', name).index(i)
      if (uid === '') yield invalid(path, uid, 'must not be empty')
      else if (seen.has(uid)) yield duplicate(path, uid)
      seen.add(uid)
    }
  }
}

function* contradictions({ is, turned }: Change): FieldErrors {
  if (turned('Complete', 'Failed') && is('Complete') && is('Failed')) {
    yield invalidWithoutValue(CONDITIONS, 'cannot set Complete=True and Failed=true conditions')
  }
  if (turned('Complete', 'FailureTarget') && is('Complete') && is('FailureTarget')) {
    yield invalidWithoutValue(CONDITIONS, 'cannot set Complete=True and FailureTarget=true conditions')
  }
}

function* completionTime({ status, is, turned, changed }: Change): FieldErrors {
  const path = STATUS.child('completionTime')
  const { completionTime: end, startTime: start } = status
  if (turned('Complete') || changed('completionTime')) {
    if (end && !is('Complete')) {
      yield invalid(path, end, 'cannot set completionTime when there is no Complete=True condition')
    }
    if (!end && is('Complete')) yield required(path, 'completionTime is required for Complete jobs')
  }
  if (changed('startTime', 'completionTime') && start && end && timeMs(end) < timeMs(start)) {
    yield invalid(path, end, 'must be equal to or after `startTime`')
  }
}

function* reasonsForEnd({ is, turned, changed }: Change): FieldErrors {
  if ((turned('Failed') || changed('failedIndexes')) && is('Failed') && !is('FailureTarget')) {
    const text = 'cannot set Failed=True condition without the FailureTarget=true condition'
    yield invalidWithoutValue(CONDITIONS, text)
  }
  if (turned('Complete', 'SuccessCriteriaMet') && is('Complete') && !is('SuccessCriteriaMet')) {
    const text = 'cannot set Complete=True condition without the SuccessCriteriaMet=true condition'
    yield invalidWithoutValue(CONDITIONS, text)
  }
}

function* finishedJob({ job, old, status, changed }: Change): FieldErrors {
  if (!isFinished(job)) return
  const isNew = !isFinished(old)
  const active = status.active ?? 0
  if ((isNew || changed('active')) && active > 0) {
    yield invalid(STATUS.child('active'), active, 'active>0 is invalid for finished job')
  }
  const neverRan = job.spec?.suspend === true && job.spec.completions === 0
  if ((isNew || changed('startTime')) && !neverRan && !status.startTime) {
    yield required(STATUS.child('startTime'), 'startTime is required for finished job')
  }
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  if ((isNew || changed('uncountedTerminatedPods')) && succeeded.length + failed.length > 0) {
    const shown = { Succeeded: succeeded, Failed: failed }
    yield invalid(STATUS.child('uncountedTerminatedPods'), shown, 'must be empty for finished job')
  }
}

function* indexes({ job, status, changed }: Change): FieldErrors {
  const { completions, backoffLimitPerIndex } = job.spec ?? {}
  const { completedIndexes: done = '', failedIndexes: failed } = status
  const donePath = STATUS.child('completedIndexes')
  const failedPath = STATUS.child('failedIndexes')
  if (changed('completedIndexes') && completions !== undefined) {
    yield* readable(donePath, done, completions, 'completedIndexes')
  }
  if (changed('failedIndexes') && completions !== undefined && backoffLimitPerIndex !== undefined) {
    yield* readable(failedPath, failed ?? '', completions, 'failedIndexes')
  }
  if (changed('completedIndexes') && done !== '' && !isIndexed(job.spec)) {
    const text = 'cannot set non-empty completedIndexes when non-indexed completion mode'
    yield invalid(donePath, done, text)
  }
  if (failed === undefined) return
  if (changed('failedIndexes') && backoffLimitPerIndex === undefined) {
    yield invalid(failedPath, failed, 'cannot set non-null failedIndexes when backoffLimitPerIndex is null')
  }
  if (!changed('failedIndexes', 'completedIndexes') || completions === undefined) return
  const common = firstCommonIndex(done, failed, completions)
  if (common === undefined) return
  yield invalid(failedPath, failed, `failedIndexes and completedIndexes overlap at index: ${common}`)
}

function* readable(path: Path, text: string, completions: number, name: string): FieldErrors {
  try {
    countIndexes(text, completions)
  } catch (error) {
    yield invalid(path, text, `error parsing ${name}: ${(error as Error).message}`)
  }
}

function* countsOfPods({ job, old, status, changed }: Change): FieldErrors {
  const { terminating = 0, ready, active = 0 } = status
  const hasJustEnded = isFinished(job) !== isFinished(old)
  if ((hasJustEnded || changed('terminating')) && terminating > 0 && isFinished(job)) {
    yield invalid(STATUS.child('terminating'), terminating, 'terminating>0 is invalid for finished job')
  }
  if (changed('ready', 'active') && ready !== undefined && ready > active) {
    yield invalid(STATUS.child('ready'), ready, 'cannot set more ready pods than active')
  }
}

function* successCriteria({ job, is }: Change): FieldErrors {
  if (is('SuccessCriteriaMet') && is('Failed')) {
    yield invalidWithoutValue(CONDITIONS, 'cannot set SuccessCriteriaMet=True and Failed=true conditions')
  }
  if (is('SuccessCriteriaMet') && is('FailureTarget')) {
    const text = 'cannot set SuccessCriteriaMet=True and FailureTarget=true conditions'
    yield invalidWithoutValue(CONDITIONS, text)
  }
  if (job.spec?.successPolicy && is('Complete') && !is('SuccessCriteriaMet')) {
    const text = 'cannot set Complete=True for Job with SuccessPolicy unless SuccessCriteriaMet=True'
    yield invalidWithoutValue(CONDITIONS, text)
  }
}

/** Ends are final, and counters only grow. */
function* onlyForward({ job, old, status, before, is, changed }: Change): FieldErrors {
  for (const type of ['Failed', 'Complete', 'FailureTarget']) {
    if (!hasCondition(old, type) || is(type)) continue
    yield invalidWithoutValue(CONDITIONS, `cannot disable the terminal ${type}=True condition`)
  }
  const isElastic = isIndexed(job.spec) && job.spec?.completions === job.spec?.parallelism
  for (const name of isElastic ? (['failed'] as const) : (['failed', 'succeeded'] as const)) {
    const count = status[name] ?? 0
    if (count >= (before[name] ?? 0)) continue
    yield invalid(STATUS.child(name), count, `cannot decrease the ${name} counter`)
  }
  const { completionTime: end, startTime: start } = status
  if (end && before.completionTime && end !== before.completionTime) {
    yield invalid(STATUS.child('completionTime'), end, IS_IMMUTABLE)
  }
  const isResumed = hasCondition(old, 'Suspended') && hasCondition(job, 'Suspended', 'False')
  if (changed('startTime') && !isResumed && before.startTime && !job.spec?.suspend) {
    yield invalid(STATUS.child('startTime'), start, 'field is immutable for unsuspended job once set')
  }
  const hadMet = hasCondition(old, 'SuccessCriteriaMet')
  if (hadMet && !is('SuccessCriteriaMet')) {
    yield invalidWithoutValue(CONDITIONS, 'cannot disable the SuccessCriteriaMet=True condition')
  }
  if (hasCondition(old, 'Complete') && !hadMet && is('SuccessCriteriaMet')) {
    const text = 'cannot set SuccessCriteriaMet=True for Job already has Complete=true conditions'
    yield invalidWithoutValue(CONDITIONS, text)
  }
}
