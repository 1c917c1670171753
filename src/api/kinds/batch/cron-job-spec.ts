// When a CronJob starts its Jobs, and what they are.
//
// Upstream: validateCronJobSpec in pkg/apis/batch/validation/validation.go

import { jobTemplate } from '#api/kinds/batch/job-spec.ts'
import { parseCron } from '#api/meta/cron.ts'
import { invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { timeZoneProblem } from '#api/meta/time-zone.ts'
import { type FieldErrors, nonnegative } from '#api/meta/validation.ts'
import type { CronJobSpec } from '#api/types/batch.ts'

const SPEC = new Path('spec')
const TEMPLATE = SPEC.child('jobTemplate', 'spec')
const CONCURRENCY_POLICIES = ['Allow', 'Forbid', 'Replace']

export function* validateCronJobSpec(spec: CronJobSpec, old: CronJobSpec | undefined): FieldErrors {
  if (!spec.schedule) yield required(SPEC.child('schedule'))
  else yield* schedule(spec, old?.schedule?.includes('TZ') ?? false)
  yield* nonnegative(SPEC.child('startingDeadlineSeconds'), spec.startingDeadlineSeconds)
  if (!old || old.timeZone !== spec.timeZone) yield* timeZone(spec.timeZone, SPEC.child('timeZone'))
  const policy = spec.concurrencyPolicy
  const path = SPEC.child('concurrencyPolicy')
  if (!policy) yield required(path)
  else if (!CONCURRENCY_POLICIES.includes(policy))
    yield notSupportedInOrder(path, policy, CONCURRENCY_POLICIES)
  yield* template(spec, old)
  yield* nonnegative(SPEC.child('successfulJobsHistoryLimit'), spec.successfulJobsHistoryLimit)
  yield* nonnegative(SPEC.child('failedJobsHistoryLimit'), spec.failedJobsHistoryLimit)
}

/** A zone within the schedule is a thing of the past: those that have one may keep it. */
function* schedule(spec: CronJobSpec, hadZone: boolean): FieldErrors {
  const path = SPEC.child('schedule')
  const text = spec.schedule
  try {
    parseCron(text)
  } catch (error) {
    yield invalid(path, text, (error as Error).message)
  }
  if (!text.includes('TZ')) return
  if (!hadZone) yield invalid(path, text, 'cannot use TZ or CRON_TZ in schedule, use timeZone field instead')
  else if (spec.timeZone !== undefined) {
    yield invalid(path, text, 'cannot use both timeZone field and TZ or CRON_TZ in schedule')
  }
}

const ZONE_PART = /^[A-Za-z.\-_0-9+]{1,14}$/

function* timeZone(name: string | undefined, path: Path): FieldErrors {
  if (name === undefined) return
  if (name === '') {
    yield invalid(path, name, 'timeZone must be nil or non-empty string')
    return
  }
  const isOdd = (part: string): boolean =>
    part === '.' || part === '..' || part.startsWith('-') || !ZONE_PART.test(part)
  if (name.split('/').some(isOdd)) {
    yield invalid(path, name, `unknown time zone ${name}`)
    return
  }
  if (name.toLowerCase() === 'local') {
    const text = 'timeZone must be an explicit time zone as defined in https://www.iana.org/time-zones'
    yield invalid(path, name, text)
  }
  const problem = timeZoneProblem(name)
  if (problem) yield invalid(path, name, problem)
}

function* template(spec: CronJobSpec, old: CronJobSpec | undefined): FieldErrors {
  const job = spec.jobTemplate?.spec ?? { template: {} }
  yield* jobTemplate(job, old && (old.jobTemplate?.spec ?? { template: {} }), TEMPLATE)
  if (job.selector)
    yield invalid(TEMPLATE.child('selector'), job.selector, '`selector` will be auto-generated')
  if (job.manualSelector) {
    yield notSupportedInOrder(TEMPLATE.child('manualSelector'), true, ['nil', 'false'])
  }
}
