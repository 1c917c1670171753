// Runs a Job's pods until enough of them have succeeded, or too many have failed.
//
//   Job, Pods ─▶ claim ─▶ judge: go on, or end? ─▶ plan ─▶ create / delete pods ─▶ count finished pods ─▶ status
//
// Invariant: every finished pod is counted exactly once (see tracking.ts).
// Pods that fail at about the same time are judged together: the first failure that ends a Job would else delete the others,
// though they are about to say themselves how they ended. Success is counted at once; upstream gathers all changes.
// Upstream: pkg/controller/job. Left out: gang scheduling of Jobs (Workload, PodGroup: off by default).

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf, type ObjectKey, objectKey } from '#api/meta/object.ts'
import { selectorOf } from '#api/meta/selectors.ts'
import { jobs, pods } from '#api/resources.ts'
import type { Job, JobCondition, JobStatus } from '#api/types/batch.ts'
import type { Pod } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import { claimChildren } from '#controllers/claim.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'
import { type Backoff, NO_BACKOFF, nextBackoff, remainingMs } from '#controllers/job/backoff.ts'
import { createJobPods, deleteJobPods, type PodsChanged, removeFinalizer } from '#controllers/job/job-pods.ts'
import {
  FINALIZER,
  hasFinalizer,
  isFinished,
  isForeign,
  isIndexed,
  isSuspended,
} from '#controllers/job/job-spec.ts'
import { type JobPlan, planJob } from '#controllers/job/plan.ts'
import {
  completedVerdict,
  findTrue,
  jobCondition,
  remainingDeadlineMs,
  verdict,
  withCondition,
} from '#controllers/job/status.ts'
import { hasUncounted, planTracking, settleCounts, withCounts } from '#controllers/job/tracking.ts'
import { type JobView, observeJob } from '#controllers/job/view.ts'
import { controlledBy, indexByController, ownedAndOrphans, ownersOf } from '#controllers/owned-index.ts'
import { controllerOf } from '#controllers/owner-references.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import { createPodControl } from '#controllers/pods/pod-control.ts'
import { formatTime } from '#sys/clock.ts'

const ORPHAN = 'orphan:'
const UNSETTLED_RETRY_MS = 300_000
/** How long other pods may fail after one that has. */
const GATHER_MS = 1000

export function jobController(context: ControllerContext): Controller {
  const { client, clock } = context
  const jobInformer = context.informers.informer(jobs)
  const podInformer = context.informers.informer(pods)
  indexByController(podInformer)
  const events = context.events('job-controller')
  const pending = new PendingWrites<Pod>(podInformer, clock)
  const pendingStatus = new PendingWrites<Job>(jobInformer, clock)
  const tools = { client, control: createPodControl(client, events), pending }
  const backoffs = new Map<ObjectKey, Backoff>()
  /** Until when the Jobs wait, one of whose pods has failed. */
  const gathering = new Map<ObjectKey, number>()
  /** Pods whose finalizer was taken off and whose cached state does not show it yet, by UID. */
  const released = new Set<string>()

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    if (key.startsWith(ORPHAN)) return releaseOrphan(key.slice(ORPHAN.length))
    const job = jobInformer.get(key)
    if (!job || isFinished(job)) {
      backoffs.delete(key)
      gathering.delete(key)
      pending.forget(key)
      if (!job) pendingStatus.forget(key)
      return
    }
    if (isForeign(job)) return
    const waitMs = (gathering.get(key) ?? 0) - clock.monotonic()
    if (waitMs > 0) return { afterMs: waitMs }
    gathering.delete(key)
    if (!pendingStatus.isSettled(key)) return { afterMs: UNSETTLED_RETRY_MS }
    const isSettled = pending.isSettled(key)
    const claimed = await claimChildren<Pod, Job>({
      client,
      ownerType: jobs,
      owner: job,
      childType: pods,
      children: ownedAndOrphans(podInformer, job),
      selector: selectorOf(job.spec?.selector),
      finalizers: [FINALIZER],
    })
    return sync(key, job, claimed, isSettled)
  }

  async function sync(
    key: ObjectKey,
    cached: Job,
    claimed: readonly Pod[],
    isSettled: boolean,
  ): Promise<Requeue> {
    const nowMs = clock.now()
    const isStarting = cached.status?.startTime === undefined && !isSuspended(cached)
    const job: Job = isStarting
      ? { ...cached, status: { ...cached.status, startTime: formatTime(nowMs) } }
      : cached
    const isTracked = (pod: Pod): boolean => hasFinalizer(pod) && !released.has(pod.metadata?.uid ?? '')
    const view = observeJob(job, claimed, isTracked)
    const backoff = nextBackoff(backoffs.get(key) ?? NO_BACKOFF, view.newSucceeded, view.newFailed)
    const end = verdict(job, { ...view, pods: claimed }, nowMs)
    const outcome = end
      ? await endPods(key, job, view, end, isSettled)
      : await goOn(key, job, claimed, view, { isSettled, backoffMs: remainingMs(backoff, nowMs), nowMs })

    const { active: _active, startTime: _start, ...rest } = job.status ?? {}
    const status: JobStatus = {
      ...rest,
      ...(outcome.active > 0 && { active: outcome.active }),
      ...(outcome.startTime !== undefined && { startTime: outcome.startTime }),
      ready: outcome.ready,
      terminating: outcome.terminating,
      ...(outcome.conditions.length > 0 && { conditions: outcome.conditions }),
    }
    await track(key, cached, { ...job, status }, claimed, view, outcome.end, backoff)
    if (outcome.error !== undefined) throw outcome.error
    if (!isSettled) return { afterMs: UNSETTLED_RETRY_MS }
    const waits = [remainingDeadlineMs(job, clock.now()), outcome.waitMs].filter((ms) => ms !== undefined)
    return waits.length > 0 ? { afterMs: Math.max(1, Math.min(...waits)) } : undefined
  }

  /** The Job is to end: its pods go. The end is told only when all of them could be deleted. */
  async function endPods(
    key: ObjectKey,
    job: Job,
    view: JobView,
    end: JobCondition,
    isSettled: boolean,
  ): Promise<Outcome> {
    const { count, readyCount, error } = await deleteJobPods(tools, key, job, view.active, false)
    const isDone = count === view.active.length && isSettled
    return { ...outcomeOf(job, view, -count, -readyCount, count), end: isDone ? end : undefined, error }
  }

  /** The Job goes on: as many pods as it needs, suspended or resumed, or complete. */
  async function goOn(
    key: ObjectKey,
    job: Job,
    claimed: readonly Pod[],
    view: JobView,
    { isSettled, backoffMs, nowMs }: { isSettled: boolean; backoffMs: number; nowMs: number },
  ): Promise<Outcome> {
    const mayManage = isSettled && job.metadata?.deletionTimestamp === undefined
    const plan: JobPlan = mayManage
      ? planJob({ ...view, job, pods: claimed, backoffMs, nowMs })
      : { action: 'none' }
    const { count, readyCount, error } = await carryOut(key, job, plan, view)
    const outcome: Outcome =
      plan.action === 'delete'
        ? { ...outcomeOf(job, view, -count, -readyCount, count), error }
        : { ...outcomeOf(job, view, count, 0, 0), error }
    // While it waits a Job is not active: so upstream tells it.
    const active = plan.action === 'wait' ? 0 : outcome.active
    const waitMs = plan.action === 'wait' ? plan.afterMs : undefined
    if (isComplete(job, view.succeeded, active)) return { ...outcome, active, end: completedVerdict(nowMs) }
    if (!mayManage) return { ...outcome, active }
    const suspension = suspensionOf(job, nowMs)
    const conditions = withCondition(outcome.conditions, suspension)
    if (conditions === outcome.conditions) return { ...outcome, active, waitMs }
    events.event(job, 'Normal', isSuspended(job) ? 'Suspended' : 'Resumed', suspension.message ?? '')
    return {
      ...outcome,
      active,
      waitMs,
      conditions,
      startTime: isSuspended(job) ? undefined : formatTime(nowMs),
    }
  }

  async function carryOut(key: ObjectKey, job: Job, plan: JobPlan, view: JobView): Promise<PodsChanged> {
    if (plan.action === 'delete') return deleteJobPods(tools, key, job, plan.pods, true)
    if (plan.action === 'create')
      return createJobPods(tools, key, job, plan.indexes, view.awaitingReplacement)
    return { count: 0, readyCount: 0 }
  }

  /** Counts what has ended, in steps that may each be the last; at the end the Job's own end. */
  async function track(
    key: ObjectKey,
    cached: Job,
    job: Job,
    claimed: readonly Pod[],
    view: JobView,
    end: JobCondition | undefined,
    backoff: Backoff,
  ): Promise<void> {
    const tracked = claimed.filter((pod) => hasFinalizer(pod) && !released.has(pod.metadata?.uid ?? ''))
    const uids = new Set(tracked.map(({ metadata }) => metadata?.uid ?? ''))
    const settled = { ...job, status: settleCounts(job.status ?? {}, uids) }
    const plan = planTracking({ ...view, job: settled, tracked, verdict: end })
    let status = countedStatus(settled, view, plan)
    if (
      end &&
      (end.type === 'FailureTarget' || end.type === 'SuccessCriteriaMet') &&
      !findTrue(status.conditions, end.type)
    ) {
      status = { ...status, conditions: [...(status.conditions ?? []), end] }
    }
    let current = await writeStatus(key, cached, status)
    backoffs.set(key, backoff)

    const failure = await release(plan.release, uids)
    status = settleCounts(current.status ?? {}, uids)
    if (failure !== undefined) {
      await writeStatus(key, current, status)
      throw failure
    }
    const finish =
      end && !plan.isPartial && !hasUncounted(status) && (status.terminating ?? 0) === 0
        ? finalCondition(end, clock.now())
        : undefined
    if (finish) {
      const isSuccess = finish.type === 'Complete'
      const conditions = withCondition(status.conditions ?? [], finish)
      status = {
        ...status,
        conditions,
        ...(isSuccess && finish.lastTransitionTime && { completionTime: finish.lastTransitionTime }),
      }
    }
    current = await writeStatus(key, current, status)
    if (finish) announce(current, finish)
  }

  /** Takes finalizers off; `uids` loses those of whom it is known. Gives the first failure. */
  async function release(victims: readonly Pod[], uids: Set<string>): Promise<unknown> {
    const results = await Promise.allSettled(
      victims.map(async (pod) => {
        const uid = pod.metadata?.uid ?? ''
        released.add(uid)
        try {
          await removeFinalizer(client, pod)
          uids.delete(uid)
        } catch (error) {
          released.delete(uid)
          throw error
        }
      }),
    )
    return results.find((result) => result.status === 'rejected')?.reason
  }

  /** Writes only what is new; gives the Job as it is then. */
  async function writeStatus(key: ObjectKey, job: Job, status: JobStatus): Promise<Job> {
    if (semanticEqual(job.status ?? {}, status)) return { ...job, status }
    const written = await client.resource(jobs).updateStatus({ ...job, status })
    pendingStatus.updated(key, written)
    return written
  }

  function announce(job: Job, finish: JobCondition): void {
    if (finish.type !== 'Complete') {
      events.event(job, 'Warning', finish.reason ?? '', finish.message ?? '')
      return
    }
    const { completions } = job.spec ?? {}
    if (completions !== undefined && (job.status?.succeeded ?? 0) > completions) {
      const message = 'Too many succeeded pods running after completion count reached'
      events.event(job, 'Warning', 'TooManySucceededPods', message)
    }
    events.event(job, 'Normal', 'Completed', 'Job completed')
  }

  /** A pod whose Job is gone or finished: nobody will count it any more. */
  async function releaseOrphan(key: ObjectKey): Promise<undefined> {
    const pod = podInformer.get(key)
    if (!pod || !hasFinalizer(pod) || !isUncounted(pod)) return
    await removeFinalizer(client, pod)
  }

  function isUncounted(pod: Pod): boolean {
    const owner = controllerOf(pod)
    if (!owner) return true
    if (owner.kind !== 'Job' || owner.apiVersion !== 'batch/v1') return false
    const job = jobInformer.get(objectKey(pod.metadata?.namespace, owner.name))
    if (!job || job.metadata?.uid !== owner.uid) return true
    return !isForeign(job) && isFinished(job)
  }

  function keysOfPod(change: Change<Pod>): readonly ObjectKey[] {
    const { object, type } = change
    if (type === 'deleted' || !hasFinalizer(object)) released.delete(object.metadata?.uid ?? '')
    const keys = ownersOf(change, 'Job', jobInformer, ({ spec }) => selectorOf(spec?.selector))
    if (hasJustFailed(change)) {
      for (const key of keys) if (!gathering.has(key)) gathering.set(key, clock.monotonic() + GATHER_MS)
    }
    const isOrphan = type !== 'deleted' && hasFinalizer(object) && isUncounted(object)
    return isOrphan ? [...keys, `${ORPHAN}${keyOf(object)}`] : keys
  }

  function keysOfJob({ object, type }: Change<Job>): readonly ObjectKey[] {
    if (type !== 'deleted' && !isFinished(object)) return [keyOf(object)]
    const left = controlledBy(podInformer, object.metadata?.uid ?? '').filter(hasFinalizer)
    return [keyOf(object), ...left.map((pod) => `${ORPHAN}${keyOf(pod)}`)]
  }

  return controller(context, 'job-controller', {
    watches: [mapped(jobInformer, keysOfJob), mapped(podInformer, keysOfPod)],
    workers: 5,
    baseDelayMs: 1000,
    maxDelayMs: 60_000,
    reconcile,
  })
}

const hasJustFailed = (change: Change<Pod>): boolean =>
  change.type === 'updated' &&
  change.object.status?.phase === 'Failed' &&
  change.previous.status?.phase !== 'Failed'

/** What one pass has made of the Job, before its finished pods are counted. */
interface Outcome {
  readonly active: number
  readonly ready: number
  readonly terminating: number
  readonly startTime: string | undefined
  readonly conditions: readonly JobCondition[]
  readonly end?: JobCondition | undefined
  readonly waitMs?: number | undefined
  readonly error?: unknown
}

function outcomeOf(job: Job, view: JobView, active: number, ready: number, terminating: number): Outcome {
  return {
    active: view.active.length + active,
    ready: view.ready + ready,
    terminating: view.terminating + terminating,
    startTime: job.status?.startTime,
    conditions: job.status?.conditions ?? [],
  }
}

function isComplete(job: Job, succeeded: number, active: number): boolean {
  const { completions } = job.spec ?? {}
  return active === 0 && (completions === undefined ? succeeded > 0 : succeeded >= completions)
}

function suspensionOf(job: Job, nowMs: number): JobCondition {
  return isSuspended(job)
    ? jobCondition('Suspended', 'JobSuspended', 'Job suspended', nowMs)
    : jobCondition('Suspended', 'JobResumed', 'Job resumed', nowMs, 'False')
}

/** What follows from a target, when all pods are gone and counted. */
function finalCondition(end: JobCondition, nowMs: number): JobCondition {
  const type = end.type === 'SuccessCriteriaMet' ? 'Complete' : 'Failed'
  return jobCondition(type, end.reason ?? '', end.message ?? '', nowMs)
}

function countedStatus(job: Job, view: JobView, plan: ReturnType<typeof planTracking>): JobStatus {
  const { status = {} } = job
  const indexes = view.succeededIndexes?.with(plan.succeededIndexes)
  const counted = withCounts(status, {
    succeeded: isIndexed(job) ? (indexes?.size ?? 0) : (status.succeeded ?? 0),
    failed: status.failed ?? 0,
    uncountedSucceeded: plan.succeeded,
    uncountedFailed: plan.failed,
  })
  const completedIndexes = indexes?.toString() ?? ''
  const { completedIndexes: _completed, failedIndexes: _failed, ...rest } = counted
  return {
    ...rest,
    ...(completedIndexes !== '' && { completedIndexes }),
    ...(view.failedIndexes && { failedIndexes: view.failedIndexes.toString() }),
  }
}
