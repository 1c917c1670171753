// What a CronJob's status says of its Jobs: which are active, and when the last one succeeded. Pure.
//
// Upstream: pkg/controller/cronjob/cronjob_controllerv2.go (syncCronJob)

import type { CronJob, CronJobStatus, Job } from '#api/types/batch.ts'
import type { ObjectReference } from '#api/types/core.ts'

export interface JobReview {
  readonly status: CronJobStatus
  /** Were active and have ended. */
  readonly ended: readonly Job[]
  /** Run, and the status does not know of them. */
  readonly unknown: readonly Job[]
  /** Are active by the status, and are not in the cache. */
  readonly missing: readonly ObjectReference[]
}

export function finishedCondition({ status }: Job): 'Complete' | 'Failed' | undefined {
  const found = (status?.conditions ?? []).find(
    (condition) =>
      (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )
  return found?.type as 'Complete' | 'Failed' | undefined
}

export function reviewJobs({ status = {} }: CronJob, jobs: readonly Job[]): JobReview {
  const active = status.active ?? []
  const isActive = (job: Job): boolean => active.some(({ uid }) => uid === job.metadata?.uid)
  const ended = jobs.filter((job) => isActive(job) && finishedCondition(job) !== undefined)
  const present = new Set(jobs.map(({ metadata }) => metadata?.uid))
  const last = lastSuccess(status.lastSuccessfulTime, jobs)
  return {
    status: {
      ...withoutActive(status, new Set(ended.map(({ metadata }) => metadata?.uid))),
      ...(last !== undefined && { lastSuccessfulTime: last }),
    },
    ended,
    unknown: jobs.filter((job) => !isActive(job) && finishedCondition(job) === undefined),
    missing: active.filter(({ uid }) => !present.has(uid)),
  }
}

function lastSuccess(known: string | undefined, jobs: readonly Job[]): string | undefined {
  const times = jobs.flatMap((job) =>
    finishedCondition(job) === 'Complete' ? (job.status?.completionTime ?? []) : [],
  )
  return [...(known === undefined ? [] : [known]), ...times].reduce<string | undefined>(
    (latest, time) => (latest === undefined || Date.parse(time) > Date.parse(latest) ? time : latest),
    undefined,
  )
}

export function withoutActive(
  { active, ...rest }: CronJobStatus,
  uids: ReadonlySet<string | undefined>,
): CronJobStatus {
  const left = (active ?? []).filter(({ uid }) => !uids.has(uid))
  return left.length > 0 ? { ...rest, active: left } : rest
}

/** The finished Jobs that are more than the CronJob wants to keep, the oldest first. */
export function surplusJobs({ spec }: CronJob, jobs: readonly Job[]): readonly Job[] {
  const surplus = (end: 'Complete' | 'Failed', limit: number | undefined): readonly Job[] => {
    if (limit === undefined) return []
    const finished = jobs.filter((job) => finishedCondition(job) === end).sort(byStart)
    return finished.slice(0, Math.max(0, finished.length - limit))
  }
  return [
    ...surplus('Complete', spec?.successfulJobsHistoryLimit),
    ...surplus('Failed', spec?.failedJobsHistoryLimit),
  ]
}

/** Those that never started last. */
function byStart(a: Job, b: Job): number {
  const startOf = ({ status }: Job): number =>
    status?.startTime === undefined ? Number.POSITIVE_INFINITY : Date.parse(status.startTime)
  const [left, right] = [startOf(a), startOf(b)]
  if (left !== right) return left < right ? -1 : 1
  return (a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1
}
