// The conditions of a Job, and the verdict that ends it. Pure.
//
// A Job ends in two steps: first the target is told (SuccessCriteriaMet or FailureTarget) and its pods are
// deleted, then, when all of them are gone and counted, the end (Complete or Failed).
// Upstream: pkg/controller/job/job_controller.go

import type { Job, JobCondition } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'
import type { IndexSet } from '#controllers/job/indexes.ts'
import { hasLimitPerIndex, isPodFailed, isSuspended } from '#controllers/job/job-spec.ts'
import { judgeFailure } from '#controllers/job/pod-failure-policy.ts'
import { metSuccessRule } from '#controllers/job/success-policy.ts'
import { formatTime } from '#sys/clock.ts'

type Conditions = readonly JobCondition[]

export function jobCondition(
  type: string,
  reason: string,
  message: string,
  nowMs: number,
  status = 'True',
): JobCondition {
  const now = formatTime(nowMs)
  return { type, status, lastProbeTime: now, lastTransitionTime: now, reason, message }
}

export function findTrue(conditions: Conditions | undefined, type: string): JobCondition | undefined {
  return conditions?.find((condition) => condition.type === type && condition.status === 'True')
}

/** The conditions with `next` in place; the very list that is there when it says so already. */
export function withCondition(conditions: Conditions, next: JobCondition): Conditions {
  const old = conditions.find(({ type }) => type === next.type)
  if (!old) return next.status === 'False' ? conditions : [...conditions, next]
  if (old.status === next.status && old.reason === next.reason && old.message === next.message)
    return conditions
  return conditions.map((condition) => (condition === old ? next : condition))
}

export interface Progress {
  readonly pods: readonly Pod[]
  readonly failed: number
  readonly succeededIndexes: IndexSet | undefined
  readonly failedIndexes: IndexSet | undefined
}

/** The condition by which the Job is to end, old or new; undefined while it goes on. */
export function verdict(job: Job, progress: Progress, nowMs: number): JobCondition | undefined {
  return (
    toldVerdict(job, nowMs) ?? failureVerdict(job, progress, nowMs) ?? successVerdict(job, progress, nowMs)
  )
}

function toldVerdict(job: Job, nowMs: number): JobCondition | undefined {
  const met = findTrue(job.status?.conditions, 'SuccessCriteriaMet')
  if (met) return met
  const target = findTrue(job.status?.conditions, 'FailureTarget')
  return target && jobCondition('Failed', target.reason ?? '', target.message ?? '', nowMs)
}

function failureVerdict(job: Job, progress: Progress, nowMs: number): JobCondition | undefined {
  const { pods, failed, succeededIndexes, failedIndexes } = progress
  const fail = (reason: string, message: string) => jobCondition('FailureTarget', reason, message, nowMs)
  for (const pod of job.spec?.podFailurePolicy ? pods : []) {
    if (!isPodFailed(pod, job)) continue
    const { jobMessage } = judgeFailure(job.spec?.podFailurePolicy, pod)
    if (jobMessage !== undefined) return fail('PodFailurePolicy', jobMessage)
  }
  if (failed > (job.spec?.backoffLimit ?? 6) || restartsExceedLimit(job, pods)) {
    return fail('BackoffLimitExceeded', 'Job has reached the specified backoff limit')
  }
  const deadlineMs = remainingDeadlineMs(job, nowMs)
  if (deadlineMs !== undefined && deadlineMs <= 0) {
    return fail('DeadlineExceeded', 'Job was active longer than specified deadline')
  }
  if (!failedIndexes || !hasLimitPerIndex(job)) return undefined
  const { maxFailedIndexes, completions = 0 } = job.spec ?? {}
  if (maxFailedIndexes !== undefined && failedIndexes.size > maxFailedIndexes) {
    return fail('MaxFailedIndexesExceeded', 'Job has exceeded the specified maximal number of failed indexes')
  }
  const done = failedIndexes.size + (succeededIndexes?.size ?? 0)
  return failedIndexes.size > 0 && done >= completions
    ? fail('FailedIndexes', 'Job has failed indexes')
    : undefined
}

function successVerdict(job: Job, { succeededIndexes }: Progress, nowMs: number): JobCondition | undefined {
  if (!succeededIndexes) return undefined
  const message = metSuccessRule(job.spec?.successPolicy, job.spec?.completions ?? 0, succeededIndexes)
  return message === undefined
    ? undefined
    : jobCondition('SuccessCriteriaMet', 'SuccessPolicy', message, nowMs)
}

/** All completions are there. */
export function completedVerdict(nowMs: number): JobCondition {
  const message = 'Reached expected number of succeeded pods'
  return jobCondition('SuccessCriteriaMet', 'CompletionsReached', message, nowMs)
}

/** Restarts within pods count as failures where the kubelet does the restarting. */
function restartsExceedLimit(job: Job, pods: readonly Pod[]): boolean {
  if (job.spec?.template.spec?.restartPolicy !== 'OnFailure') return false
  const restarts = pods
    .filter(({ status }) => status?.phase === 'Running' || status?.phase === 'Pending')
    .flatMap(({ status }) => [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])])
    .reduce((sum, { restartCount }) => sum + restartCount, 0)
  const limit = job.spec.backoffLimit ?? 6
  return limit === 0 ? restarts > 0 : restarts >= limit
}

/** How long the Job may still be active; undefined when nothing limits it now. */
export function remainingDeadlineMs(job: Job, nowMs: number): number | undefined {
  const seconds = job.spec?.activeDeadlineSeconds
  const start = job.status?.startTime
  if (seconds === undefined || start === undefined || isSuspended(job)) return undefined
  return Date.parse(start) + seconds * 1000 - nowMs
}
