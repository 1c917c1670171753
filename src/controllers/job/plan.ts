// How many pods a Job needs now, and which to delete or create. Pure.
//
// Upstream: pkg/controller/job/job_controller.go (manageJob), indexed_job_utils.go

import type { Job } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'
import { finishedAtMs, remainingMs } from '#controllers/job/backoff.ts'
import { completionIndex, IndexSet, indexesOf } from '#controllers/job/indexes.ts'
import {
  hasLimitPerIndex,
  isIndexed,
  isPodFailed,
  isSuspended,
  replacesOnlyFailed,
} from '#controllers/job/job-spec.ts'
import { judgeFailure } from '#controllers/job/pod-failure-policy.ts'
import { leastUsefulFirst } from '#controllers/pods/deletion-order.ts'
import { isPodTerminating } from '#controllers/pods/pod-state.ts'

/** At most so many pods are created or deleted in one pass. */
const BURST = 500
const FAILURE_COUNT = 'batch.kubernetes.io/job-index-failure-count'
const IGNORED_FAILURE_COUNT = 'batch.kubernetes.io/job-index-ignored-failure-count'

export interface JobPlanInput {
  readonly job: Job
  readonly pods: readonly Pod[]
  readonly active: readonly Pod[]
  readonly terminating: number
  readonly succeeded: number
  readonly succeededIndexes: IndexSet | undefined
  readonly failedIndexes: IndexSet | undefined
  /** Failed pods that stay until their index has a new one, by index. */
  readonly awaitingReplacement: ReadonlyMap<number, Pod>
  /** How long to wait before any new pod. */
  readonly backoffMs: number
  readonly nowMs: number
}

export type JobPlan =
  | { readonly action: 'none' }
  | { readonly action: 'delete'; readonly pods: readonly Pod[] }
  | { readonly action: 'wait'; readonly afterMs: number }
  /** Undefined for a pod without index. */
  | { readonly action: 'create'; readonly indexes: readonly (number | undefined)[] }

export function planJob(input: JobPlanInput): JobPlan {
  const { job, active, succeeded } = input
  if (isSuspended(job)) return active.length > 0 ? { action: 'delete', pods: active } : { action: 'none' }
  const { parallelism = 1, completions } = job.spec ?? {}
  const open =
    completions === undefined ? (succeeded > 0 ? active.length : parallelism) : completions - succeeded
  const wanted = completions === undefined ? open : Math.max(0, Math.min(open, parallelism))
  const surplus = podsToRemove(job, active, Math.max(0, active.length - wanted)).slice(0, BURST)
  if (surplus.length > 0) return { action: 'delete', pods: surplus }
  const onTheirWay = replacesOnlyFailed(job) ? input.terminating : 0
  const missing = Math.min(BURST, wanted - onTheirWay - active.length)
  return missing > 0 ? planCreation(input, missing) : { action: 'none' }
}

function planCreation(input: JobPlanInput, missing: number): JobPlan {
  const { job, awaitingReplacement, backoffMs, nowMs } = input
  if (!hasLimitPerIndex(job) && backoffMs > 0) return { action: 'wait', afterMs: backoffMs }
  if (!isIndexed(job)) return { action: 'create', indexes: new Array<undefined>(missing).fill(undefined) }
  const pending = pendingIndexes(input, missing)
  if (!hasLimitPerIndex(job)) return { action: 'create', indexes: pending }
  const waits = pending.map((index) => indexBackoffMs(awaitingReplacement.get(index), nowMs))
  const ready = pending.filter((_, i) => waits[i] === 0)
  if (ready.length > 0) return { action: 'create', indexes: ready }
  return waits.length > 0 ? { action: 'wait', afterMs: Math.min(...waits) } : { action: 'none' }
}

function pendingIndexes(input: JobPlanInput, count: number): readonly number[] {
  const { job, pods, active, succeededIndexes = IndexSet.EMPTY, failedIndexes } = input
  const leaving = replacesOnlyFailed(job) ? pods.filter(isPodTerminating) : []
  const taken = succeededIndexes.with(indexesOf([...active, ...leaving]))
  return (failedIndexes ? taken.union(failedIndexes) : taken).missing(count, job.spec?.completions ?? 0)
}

function indexBackoffMs(replaced: Pod | undefined, nowMs: number): number {
  if (!replaced) return 0
  return remainingMs(
    { failures: absoluteFailures(replaced) + 1, lastFailureMs: finishedAtMs(replaced) },
    nowMs,
  )
}

/** At least `count` active pods, those first that no index needs. */
function podsToRemove(job: Job, active: readonly Pod[], count: number): readonly Pod[] {
  const { needless, needed } = isIndexed(job)
    ? splitByIndex(active, job.spec?.completions ?? 0)
    : { needless: [], needed: active }
  if (needless.length >= count) return needless
  return [...needless, ...leastUsefulFirst(needed).slice(0, count - needless.length)]
}

/** Of several pods with one index the most useful is needed; pods without index, or beyond the last, are not. */
function splitByIndex(
  active: readonly Pod[],
  completions: number,
): { needless: readonly Pod[]; needed: readonly Pod[] } {
  const byIndex = new Map<number, Pod[]>()
  const needless: Pod[] = []
  for (const pod of active) {
    const index = completionIndex(pod)
    if (index === undefined || index >= completions) needless.push(pod)
    else byIndex.set(index, [...(byIndex.get(index) ?? []), pod])
  }
  const needed: Pod[] = []
  for (const same of byIndex.values()) {
    const ordered = leastUsefulFirst(same)
    needless.push(...ordered.slice(0, -1))
    needed.push(...ordered.slice(-1))
  }
  return { needless, needed }
}

const count = (pod: Pod, annotation: string): number => {
  const text = pod.metadata?.annotations?.[annotation] ?? ''
  return /^\d+$/.test(text) ? Number(text) : 0
}

export const indexFailures = (pod: Pod): number => count(pod, FAILURE_COUNT)
export const absoluteFailures = (pod: Pod): number =>
  count(pod, FAILURE_COUNT) + count(pod, IGNORED_FAILURE_COUNT)

/** The annotations by which a new pod remembers how often its index has failed. */
export function failureAnnotations(job: Job, replaced: Pod | undefined): Readonly<Record<string, string>> {
  if (!replaced) return { [FAILURE_COUNT]: '0' }
  const { counts } = judgeFailure(job.spec?.podFailurePolicy, replaced)
  const ignored = count(replaced, IGNORED_FAILURE_COUNT) + (counts ? 0 : 1)
  return {
    [FAILURE_COUNT]: String(indexFailures(replaced) + (counts ? 1 : 0)),
    ...(ignored > 0 && { [IGNORED_FAILURE_COUNT]: String(ignored) }),
  }
}

/** Whether this pod's failure ends its index. */
export function failsIndex(job: Job, pod: Pod): boolean {
  if (!isPodFailed(pod, job)) return false
  const { counts, action } = judgeFailure(job.spec?.podFailurePolicy, pod)
  return action === 'FailIndex' || (counts && indexFailures(pod) >= (job.spec?.backoffLimitPerIndex ?? 0))
}
