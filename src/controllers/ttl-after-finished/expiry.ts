// When a finished Job may be deleted. Pure.
//
// Upstream: pkg/controller/ttlafterfinished/ttlafterfinished_controller.go

import type { Job } from '#api/types/batch.ts'
import { isFinished } from '#controllers/job/job-spec.ts'

/** Finished, with a time to live, and not on its way out. */
export function isExpiring(job: Job): boolean {
  const hasTime = job.spec?.ttlSecondsAfterFinished !== undefined
  return hasTime && isFinished(job) && job.metadata?.deletionTimestamp === undefined
}

/** In how many milliseconds the Job expires: 0 or less when it has. Undefined when it never does. */
export function expiresInMs(job: Job, nowMs: number): number | undefined {
  if (!isExpiring(job)) return undefined
  const finished = job.status?.conditions?.find(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  )?.lastTransitionTime
  if (!finished) {
    throw new Error(
      `unable to find the time when the Job ${job.metadata?.namespace}/${job.metadata?.name} finished`,
    )
  }
  return Date.parse(finished) + (job.spec?.ttlSecondsAfterFinished ?? 0) * 1000 - nowMs
}
