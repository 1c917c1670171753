// What a Job's spec says, with the meaning of what is left out. Pure.
//
// Upstream: pkg/controller/job/job_controller.go

import type { Job } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'

export const FINALIZER = 'batch.kubernetes.io/job-tracking'
const OWN_CONTROLLER = 'kubernetes.io/job-controller'

export const isSuspended = ({ spec }: Job): boolean => spec?.suspend === true
export const isIndexed = ({ spec }: Job): boolean => spec?.completionMode === 'Indexed'
export const hasLimitPerIndex = ({ spec }: Job): boolean => spec?.backoffLimitPerIndex !== undefined

/** Somebody else looks after the Job. */
export const isForeign = ({ spec }: Job): boolean => (spec?.managedBy ?? OWN_CONTROLLER) !== OWN_CONTROLLER

export function isFinished({ status }: Job): boolean {
  return (status?.conditions ?? []).some(
    (condition) =>
      (condition.type === 'Complete' || condition.type === 'Failed') && condition.status === 'True',
  )
}

/** A pod is replaced only when it has failed, not already while it is being deleted. */
export const replacesOnlyFailed = ({ spec }: Job): boolean =>
  spec?.podReplacementPolicy === 'Failed' || spec?.podFailurePolicy !== undefined

export function isPodFailed(pod: Pod, job: Job): boolean {
  if (pod.status?.phase === 'Failed') return true
  if (replacesOnlyFailed(job)) return false
  return pod.metadata?.deletionTimestamp !== undefined && pod.status?.phase !== 'Succeeded'
}

export const hasFinalizer = (pod: Pod): boolean => (pod.metadata?.finalizers ?? []).includes(FINALIZER)
