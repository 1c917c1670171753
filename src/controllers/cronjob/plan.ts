// Whether a CronJob starts a Job now, and the Job that it starts. Pure.
//
// Upstream: pkg/controller/cronjob/{cronjob_controllerv2,utils}.go

import { CronError } from '#api/meta/cron.ts'
import { timeZoneProblem } from '#api/meta/time-zone.ts'
import { cronJobs } from '#api/resources.ts'
import type { CronJob, Job } from '#api/types/batch.ts'
import type { ObjectReference } from '#api/types/core.ts'
import { dueStart, type Timetable, timetable, untilNextStart } from '#controllers/cronjob/starts.ts'
import { Zone } from '#controllers/cronjob/zone.ts'
import { controllerReference } from '#controllers/owner-references.ts'

export const SCHEDULED_AT = 'batch.kubernetes.io/cronjob-scheduled-timestamp'

export interface Notice {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export interface StartPlan {
  readonly notices: readonly Notice[]
  /** The Job to create, after the active ones in `replace` are gone. */
  readonly start?: { readonly job: Job; readonly atMs: number; readonly replace: readonly ObjectReference[] }
  /** Undefined: there will be no start until the CronJob changes. */
  readonly afterMs?: number
}

const warning = (reason: string, message: string): Notice => ({ type: 'Warning', reason, message })

export function planStart(cronJob: CronJob, nowMs: number): StartPlan {
  const { metadata, spec } = cronJob
  if (metadata?.deletionTimestamp !== undefined) return { notices: [] }
  const problem = spec?.timeZone === undefined ? undefined : timeZoneProblem(spec.timeZone)
  if (problem !== undefined) {
    return {
      notices: [
        warning('UnknownTimeZone', `invalid timeZone: ${JSON.stringify(spec?.timeZone)}: ${problem}`),
      ],
    }
  }
  if (spec?.suspend) return { notices: [] }
  const { notices, table } = readTimetable(cronJob)
  if (!table) return { notices }
  try {
    const due = dueStart(cronJob, table, nowMs)
    const plan = due ? planDue(cronJob, due, nowMs) : { notices: [] }
    return {
      ...plan,
      notices: [...notices, ...plan.notices],
      afterMs: untilNextStart(cronJob, table, nowMs),
    }
  } catch (error) {
    if (!(error instanceof CronError)) throw error
    const text = `invalid schedule: ${spec?.schedule} : ${error.message}`
    return { notices: [...notices, warning('InvalidSchedule', text)] }
  }
}

function readTimetable(cronJob: CronJob): { notices: readonly Notice[]; table?: Timetable } {
  const { schedule = '' } = cronJob.spec ?? {}
  const text =
    `CRON_TZ or TZ used in schedule ${JSON.stringify(schedule)} is not officially supported, see ` +
    'https://kubernetes.io/docs/concepts/workloads/controllers/cron-jobs/ for more details'
  const notices = schedule.includes('TZ') ? [warning('UnsupportedSchedule', text)] : []
  try {
    return { notices, table: timetable(cronJob) }
  } catch (error) {
    if (!(error instanceof CronError)) throw error
    const why = `unparseable schedule: ${JSON.stringify(schedule)} : ${error.message}`
    return { notices: [...notices, warning('UnparseableSchedule', why)] }
  }
}

function planDue(
  cronJob: CronJob,
  { atMs, isLate }: { readonly atMs: number; readonly isLate: boolean },
  nowMs: number,
): StartPlan {
  const { spec, status, metadata } = cronJob
  const active = status?.active ?? []
  const tooMany =
    'too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew'
  const notices = isLate ? [warning('TooManyMissedTimes', tooMany)] : []
  const { startingDeadlineSeconds } = spec ?? {}
  if (startingDeadlineSeconds !== undefined && atMs + startingDeadlineSeconds * 1000 < nowMs) {
    const text = `Missed scheduled time to start a job: ${new Date(atMs).toUTCString().replace('GMT', '+0000')}`
    return { notices: [...notices, warning('MissSchedule', text)] }
  }
  const name = jobName(cronJob, atMs)
  const isKnown = active.some((job) => job.name === name && job.namespace === metadata?.namespace)
  const isDone = status?.lastScheduleTime !== undefined && Date.parse(status.lastScheduleTime) === atMs
  if (isKnown || isDone) return { notices }
  if (spec?.concurrencyPolicy === 'Forbid' && active.length > 0) {
    const message = 'Not starting job because prior execution is running and concurrency policy is Forbid'
    return { notices: [...notices, { type: 'Normal', reason: 'JobAlreadyActive', message }] }
  }
  const replace = spec?.concurrencyPolicy === 'Replace' ? active : []
  return { notices, start: { job: jobFor(cronJob, atMs), atMs, replace } }
}

/** The same for each start, so that no start can make two Jobs. */
const jobName = ({ metadata }: CronJob, atMs: number): string =>
  `${metadata?.name}-${Math.floor(atMs / 60_000)}`

function jobFor(cronJob: CronJob, atMs: number): Job {
  const { metadata, spec } = cronJob
  const { labels, annotations } = spec?.jobTemplate.metadata ?? {}
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: {
      namespace: metadata?.namespace ?? '',
      name: jobName(cronJob, atMs),
      ...(labels && { labels }),
      annotations: { ...annotations, [SCHEDULED_AT]: zonedTime(spec?.timeZone ?? '', atMs) },
      ownerReferences: [controllerReference(cronJobs, cronJob)],
    },
    ...(spec?.jobTemplate.spec && { spec: spec.jobTemplate.spec }),
  }
}

/** `2026-03-01T09:30:00+01:00`. */
function zonedTime(zoneName: string, ms: number): string {
  const minutes = new Zone(zoneName === 'Local' ? '' : zoneName).offsetMs(ms) / 60_000
  const local = new Date(ms + minutes * 60_000).toISOString().slice(0, 19)
  if (minutes === 0) return `${local}Z`
  const two = (value: number): string => String(Math.floor(value)).padStart(2, '0')
  return `${local}${minutes < 0 ? '-' : '+'}${two(Math.abs(minutes) / 60)}:${two(Math.abs(minutes) % 60)}`
}
