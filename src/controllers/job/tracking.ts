// Counting finished pods exactly once, though any step may be the last before a crash. Pure.
//
//   pod ends ─▶ UID into status.uncountedTerminatedPods ─▶ finalizer off the pod ─▶ UID becomes a count
//
// A finished pod keeps its finalizer until its UID is in the Job's status; it is a number only when the
// finalizer is gone. So a pod is neither lost when it is deleted early, nor counted twice after a crash.
// Upstream: pkg/controller/job/job_controller.go (trackJobStatusAndRemoveFinalizers), KEP-2307

import type { Job, JobCondition, JobStatus } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'
import { completionIndex, type IndexSet } from '#controllers/job/indexes.ts'
import { hasLimitPerIndex, isIndexed, isPodFailed } from '#controllers/job/job-spec.ts'
import { judgeFailure } from '#controllers/job/pod-failure-policy.ts'

/** So many UIDs at a time lie in the status; the rest waits for the next pass. */
const MAX_UNCOUNTED = 500

export interface TrackingInput {
  readonly job: Job
  /** Pods that still have the finalizer, as far as we know. */
  readonly tracked: readonly Pod[]
  readonly verdict: JobCondition | undefined
  readonly previousIndexes: IndexSet | undefined
  readonly awaitingReplacement: ReadonlyMap<number, Pod>
}

export interface TrackingPlan {
  readonly succeeded: readonly string[]
  readonly failed: readonly string[]
  readonly succeededIndexes: readonly number[]
  readonly release: readonly Pod[]
  /** There are more than fit. */
  readonly isPartial: boolean
}

/** Which pods to count now, and from which to take the finalizer off. */
export function planTracking(input: TrackingInput): TrackingPlan {
  const { job, verdict, previousIndexes } = input
  const succeeded = [...(job.status?.uncountedTerminatedPods?.succeeded ?? [])]
  const failed = [...(job.status?.uncountedTerminatedPods?.failed ?? [])]
  const known = new Set([...succeeded, ...failed])
  const knownFailed = new Set(failed)
  const succeededIndexes: number[] = []
  const release: Pod[] = []
  const isFailure = verdict !== undefined && verdict.type !== 'SuccessCriteriaMet'
  const inOrder = isIndexed(job)
    ? [...input.tracked].sort((a, b) => (completionIndex(a) ?? -1) - (completionIndex(b) ?? -1))
    : input.tracked
  for (const pod of inOrder) {
    const isFailed = isPodFailed(pod, job)
    if (!mayRelease(input, pod, isFailed)) continue
    release.push(pod)
    const uid = pod.metadata?.uid ?? ''
    const index = completionIndex(pod)
    const isOfJob = !isIndexed(job) || (index !== undefined && index < (job.spec?.completions ?? 0))
    if (pod.status?.phase === 'Succeeded' && !knownFailed.has(uid)) {
      if (!isIndexed(job)) {
        if (!known.has(uid)) succeeded.push(uid)
      } else if (isOfJob && index !== undefined && !previousIndexes?.has(index)) succeededIndexes.push(index)
    } else if ((isFailed || isFailure) && !knownFailed.has(uid) && isOfJob) {
      if (judgeFailure(job.spec?.podFailurePolicy, pod).counts) failed.push(uid)
    }
    if (succeededIndexes.length + succeeded.length + failed.length >= MAX_UNCOUNTED) {
      return { succeeded, failed, succeededIndexes, release, isPartial: true }
    }
  }
  return { succeeded, failed, succeededIndexes, release, isPartial: false }
}

function mayRelease(
  { job, verdict, awaitingReplacement }: TrackingInput,
  pod: Pod,
  isFailed: boolean,
): boolean {
  if (job.metadata?.deletionTimestamp !== undefined || verdict !== undefined) return true
  if (pod.status?.phase === 'Succeeded') return true
  if (!isFailed) return false
  // Its successor reads from it how often the index has failed.
  const index = completionIndex(pod)
  const isAwaited = index !== undefined && awaitingReplacement.get(index)?.metadata?.uid === pod.metadata?.uid
  return !(hasLimitPerIndex(job) && isAwaited)
}

/** UIDs whose pods have no finalizer any more become counts; the very status that is there when there are none. */
export function settleCounts(status: JobStatus, tracked: ReadonlySet<string>): JobStatus {
  const { succeeded = [], failed = [] } = status.uncountedTerminatedPods ?? {}
  const openSucceeded = succeeded.filter((uid) => tracked.has(uid))
  const openFailed = failed.filter((uid) => tracked.has(uid))
  if (openSucceeded.length === succeeded.length && openFailed.length === failed.length) return status
  return withCounts(status, {
    succeeded: (status.succeeded ?? 0) + succeeded.length - openSucceeded.length,
    failed: (status.failed ?? 0) + failed.length - openFailed.length,
    uncountedSucceeded: openSucceeded,
    uncountedFailed: openFailed,
  })
}

interface Counts {
  readonly succeeded: number
  readonly failed: number
  readonly uncountedSucceeded: readonly string[]
  readonly uncountedFailed: readonly string[]
}

/** Counts of 0 are left out, as the API does. */
export function withCounts(status: JobStatus, counts: Counts): JobStatus {
  const { succeeded: _succeeded, failed: _failed, uncountedTerminatedPods: _pods, ...rest } = status
  return {
    ...rest,
    ...(counts.succeeded > 0 && { succeeded: counts.succeeded }),
    ...(counts.failed > 0 && { failed: counts.failed }),
    uncountedTerminatedPods: {
      ...(counts.uncountedSucceeded.length > 0 && { succeeded: counts.uncountedSucceeded }),
      ...(counts.uncountedFailed.length > 0 && { failed: counts.uncountedFailed }),
    },
  }
}

export function hasUncounted({ uncountedTerminatedPods }: JobStatus): boolean {
  const { succeeded = [], failed = [] } = uncountedTerminatedPods ?? {}
  return succeeded.length + failed.length > 0
}
