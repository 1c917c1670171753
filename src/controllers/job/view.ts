// What a Job's pods amount to at one moment. Pure.
//
// Upstream: pkg/controller/job/job_controller.go (syncJobCtx), indexed_job_utils.go

import type { Job } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'
import { finishedAtMs } from '#controllers/job/backoff.ts'
import { completionIndex, IndexSet, indexesOf } from '#controllers/job/indexes.ts'
import { hasLimitPerIndex, isIndexed, isPodFailed } from '#controllers/job/job-spec.ts'
import { absoluteFailures, failsIndex } from '#controllers/job/plan.ts'
import { judgeFailure } from '#controllers/job/pod-failure-policy.ts'
import { isPodActive, isPodReady, isPodTerminating } from '#controllers/pods/pod-state.ts'

export interface JobView {
  readonly active: readonly Pod[]
  readonly ready: number
  readonly terminating: number
  /** Counted, about to be counted, and new. */
  readonly succeeded: number
  readonly failed: number
  readonly newSucceeded: readonly Pod[]
  readonly newFailed: readonly Pod[]
  /** For indexed Jobs only: as the status has them, and with what is new. */
  readonly previousIndexes: IndexSet | undefined
  readonly succeededIndexes: IndexSet | undefined
  readonly failedIndexes: IndexSet | undefined
  /** The failed pods, by index, that their successors have to look at. */
  readonly awaitingReplacement: ReadonlyMap<number, Pod>
}

/** `isTracked` says which pods still carry the finalizer, as far as we know. */
export function observeJob(job: Job, pods: readonly Pod[], isTracked: (pod: Pod) => boolean): JobView {
  const { status = {} } = job
  const uncounted = status.uncountedTerminatedPods ?? {}
  const active = pods.filter(isPodActive)
  const countable = pods.filter((pod) => isTracked(pod) && isOfJob(job, pod))
  const isNew = (pod: Pod, known: readonly string[] | undefined): boolean =>
    !(known ?? []).includes(pod.metadata?.uid ?? '')
  const newSucceeded = countable.filter(
    (pod) => pod.status?.phase === 'Succeeded' && isNew(pod, uncounted.succeeded),
  )
  const newFailed = countable.filter((pod) => isPodFailed(pod, job) && isNew(pod, uncounted.failed))
  const countedFailures = newFailed.filter((pod) => judgeFailure(job.spec?.podFailurePolicy, pod).counts)
  const indexed = isIndexed(job) ? observeIndexes(job, active, countable) : undefined
  return {
    active,
    ready: active.filter(isPodReady).length,
    terminating: pods.filter(isPodTerminating).length,
    succeeded:
      indexed?.succeededIndexes.size ??
      (status.succeeded ?? 0) + newSucceeded.length + (uncounted.succeeded?.length ?? 0),
    failed: (status.failed ?? 0) + countedFailures.length + (uncounted.failed?.length ?? 0),
    newSucceeded,
    newFailed,
    previousIndexes: indexed?.previousIndexes,
    succeededIndexes: indexed?.succeededIndexes,
    failedIndexes: indexed?.failedIndexes,
    awaitingReplacement: indexed?.awaitingReplacement ?? new Map(),
  }
}

/** In an indexed Job only pods with an index of the Job count. */
function isOfJob(job: Job, pod: Pod): boolean {
  const index = completionIndex(pod)
  return !isIndexed(job) || (index !== undefined && index < (job.spec?.completions ?? 0))
}

function observeIndexes(job: Job, active: readonly Pod[], countable: readonly Pod[]) {
  const completions = job.spec?.completions ?? 0
  const previousIndexes = IndexSet.parse(job.status?.completedIndexes, completions)
  const succeededIndexes = previousIndexes.with(
    indexesOf(countable.filter(({ status }) => status?.phase === 'Succeeded')),
  )
  if (!hasLimitPerIndex(job)) {
    return {
      previousIndexes,
      succeededIndexes,
      failedIndexes: undefined,
      awaitingReplacement: new Map<number, Pod>(),
    }
  }
  const failedIndexes = IndexSet.parse(job.status?.failedIndexes, completions).with(
    indexesOf(countable.filter((pod) => failsIndex(job, pod))),
  )
  const settled = succeededIndexes.union(failedIndexes).with(indexesOf(active))
  const awaitingReplacement = new Map<number, Pod>()
  for (const pod of countable) {
    const index = completionIndex(pod)
    if (index === undefined || settled.has(index) || !isPodFailed(pod, job)) continue
    const other = awaitingReplacement.get(index)
    if (!other || isLater(pod, other)) awaitingReplacement.set(index, pod)
  }
  return { previousIndexes, succeededIndexes, failedIndexes, awaitingReplacement }
}

const isLater = (pod: Pod, other: Pod): boolean =>
  absoluteFailures(pod) >= absoluteFailures(other) && finishedAtMs(pod) >= finishedAtMs(other)
