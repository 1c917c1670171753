// One worker for each pod: the queue of UIDs, and the stages that a pod goes through on the node.
//
//   API informer ─update/remove─▶ record ─▶ queue ─▶ syncing ▶ terminating ▶ terminated ▶ finished ▶ (forgotten)
//   runtime cache, probes, objects ──wake──▶ queue
//
// A pod's steps run one after the other; those of different pods do not wait for each other. Invariant: a pod
// leaves the API only when nothing of it runs here (status-writer.ts deletes it after `finished`).
// Upstream: pkg/kubelet/pod_workers.go

import type { Node, Pod } from '#api/types/core.ts'
import { createWorkQueue, type Requeue } from '#client/work-queue.ts'
import { refusalOf } from '#kubelet/pods/admission.ts'
import { cleanUpPod, forgetPod, terminatePod } from '#kubelet/pods/end-pod.ts'
import { asksForWork } from '#kubelet/pods/pod-change.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { createPodRecord, type PodRecord } from '#kubelet/pods/pod-record.ts'
import { isTerminalPhase, qosClassOf } from '#kubelet/pods/pod-spec.ts'
import { withAllocation } from '#kubelet/pods/resize.ts'
import { retryLater, syncPod } from '#kubelet/pods/sync-pod.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import type { PodEnd } from '#kubelet/status/pod-status.ts'

export interface PodWorkers {
  /** The pod is in the API, or has changed there. */
  update(pod: Pod): void
  /** The pod is no longer in the API. */
  remove(uid: string): void
  /** A pod that only the runtime knows: it is ended. */
  adoptOrphan(pod: RuntimePod): void
  /** Something about the pod has changed: its worker looks again. */
  wake(uid: string): void
  /** Ends a pod in the kubelet's own name. */
  end(uid: string, end: PodEnd, graceSeconds: number): void
  has(uid: string): boolean
  /** Pods that are in the API and not yet finished. */
  active(): readonly Pod[]
  /** All that the node knows of, by UID. */
  get(uid: string): Pod | undefined
  list(): readonly Pod[]
  /** Whether something of it may still run. */
  mayBeRunning(uid: string): boolean
  run(signal: AbortSignal): Promise<void>
}

export interface PodWorkersOptions {
  readonly context: PodContext
  /** The node's object, once it is registered. */
  node(): Node | undefined
  /** When a token of the pod is due; wall time in milliseconds. */
  renewAt(uid: string): number | undefined
}

/** All pods of the node may be worked on at once; nobody waits for another. */
const WORKERS = 10_000
const ORPHAN_GRACE_SECONDS = 1
const CLEANUP_RETRY_MS = 2000
const DEADLINE: PodEnd = {
  reason: 'DeadlineExceeded',
  message: 'Pod was active on the node longer than the specified deadline',
}

export function createPodWorkers(options: PodWorkersOptions): PodWorkers {
  const { context } = options
  const { clock, log } = context
  const records = new Map<string, PodRecord>()
  const queue = createWorkQueue({
    clock,
    workers: WORKERS,
    work: (uid, signal) => work(uid, signal),
    onError: (uid, error) => log.error({ uid, error: String(error) }, 'pod worker failed'),
  })

  async function work(uid: string, signal: AbortSignal): Promise<Requeue> {
    const record = records.get(uid)
    if (!record) return undefined
    record.attempt = new AbortController()
    const ending = AbortSignal.any([signal, record.attempt.signal])
    try {
      return await step(record, ending)
    } catch (error) {
      if (signal.aborted) return undefined
      if (record.attempt.signal.aborted) return { afterMs: 0 }
      const { name, namespace } = record.pod.metadata ?? {}
      const cause = error instanceof Error && error.cause ? String(error.cause) : undefined
      log.warn(
        { pod: `${namespace}/${name}`, stage: record.stage, error: String(error), cause },
        'pod was not synced',
      )
      if (record.stage !== 'syncing') return { afterMs: CLEANUP_RETRY_MS }
      return { afterMs: retryLater(context) - clock.now() }
    }
  }

  /** Goes on through the stages until it has to wait. */
  async function step(record: PodRecord, signal: AbortSignal): Promise<Requeue> {
    if (record.stage === 'syncing') {
      if (!record.isAdmitted && !admit(record)) return undefined
      if (!mustEnd(record)) {
        context.objects.register(record.pod)
        await allocate(record)
        const result = await syncPod(context, record, signal)
        if (!result.isOver) return nextLook(record, result.retryAt)
      }
      record.stage = 'terminating'
    }
    if (record.stage === 'terminating') {
      record.graceSeconds ??= graceOf(record.pod)
      await terminatePod(context, record, signal)
      record.stage = 'terminated'
    }
    if (record.stage === 'terminated') {
      await cleanUpPod(context, record)
      context.objects.unregister(record.uid)
      record.stage = 'finished'
      wakeDeferred()
    }
    if (record.isRemoved) {
      await forgetPod(context, record.pod)
      records.delete(record.uid)
    } else if (record.pod.metadata?.deletionTimestamp) context.statuses.finish(record.pod)
    return undefined
  }

  /** Settles what the pod's containers may have; a resize that had to wait gets its chance at each sync. */
  async function allocate(record: PodRecord): Promise<void> {
    record.allocation ??= await context.allocations.load(record.wanted)
    const others = () => active().filter((other) => other.metadata?.uid !== record.uid)
    record.pod = await context.allocations.settle(record.wanted, record.allocation, options.node(), others)
  }

  /** Room has become free: who waits for it looks again. */
  function wakeDeferred(): void {
    for (const { uid, allocation } of records.values()) if (allocation?.status.pending) queue.add(uid)
  }

  /** What has to be looked at again at a certain time: a failure, a deadline, a token. */
  function nextLook(record: PodRecord, retryAt: number | undefined): Requeue {
    const times = [retryAt, deadlineOf(record.pod, context), options.renewAt(record.uid)]
    const next = Math.min(...times.filter((time) => time !== undefined))
    return Number.isFinite(next) ? { afterMs: Math.max(0, next - clock.now()) } : undefined
  }

  function mustEnd(record: PodRecord): boolean {
    const { pod } = record
    if (
      record.end ||
      record.isRemoved ||
      pod.metadata?.deletionTimestamp ||
      isTerminalPhase(pod.status?.phase)
    )
      return true
    const deadline = deadlineOf(pod, context)
    if (deadline === undefined || clock.now() < deadline) return false
    context.events.pod(pod, 'Normal', DEADLINE.reason, DEADLINE.message)
    record.end = DEADLINE
    return true
  }

  /** Pods that run already were admitted by whoever started them. */
  function admit(record: PodRecord): boolean {
    const { pod, uid } = record
    const node = options.node()
    const isKnown = context.cache.get(uid) !== undefined || mustEnd(record)
    const others = active().filter(
      (other) => other.metadata?.uid !== uid && records.get(other.metadata?.uid ?? '')?.isAdmitted,
    )
    const refusal = isKnown || !node ? undefined : refusalOf({ pod, node, others })
    if (!refusal) {
      record.isAdmitted = true
      return true
    }
    const generation = pod.metadata?.generation
    context.events.pod(pod, 'Warning', refusal.reason, refusal.message)
    context.statuses.set(pod, {
      phase: 'Failed',
      reason: refusal.reason,
      message: `Pod was rejected: ${refusal.message}`,
      qosClass: qosClassOf(pod),
      ...(generation !== undefined && { observedGeneration: generation }),
    })
    record.stage = 'finished'
    return false
  }

  function active(): readonly Pod[] {
    return [...records.values()]
      .filter((record) => record.stage !== 'finished' && !record.isRemoved)
      .map(({ pod }) => pod)
  }

  /** A shorter grace period breaks off the stopping that is under way, to begin anew with it. */
  function shorten(record: PodRecord, seconds: number): void {
    const shorter = Math.max(1, seconds)
    if (record.graceSeconds !== undefined && record.graceSeconds <= shorter) return
    record.graceSeconds = shorter
    if (record.stage === 'syncing' || record.stage === 'terminating') record.attempt.abort()
  }

  return {
    update(pod) {
      const uid = pod.metadata?.uid ?? ''
      const known = records.get(uid)
      const record = known ?? createPodRecord(pod)
      const isNews = !known || asksForWork(known.wanted, pod)
      record.wanted = pod
      record.pod = record.allocation ? withAllocation(pod, record.allocation.allocated) : pod
      records.set(uid, record)
      const { deletionTimestamp, deletionGracePeriodSeconds } = pod.metadata ?? {}
      if (deletionTimestamp) shorten(record, deletionGracePeriodSeconds ?? 0)
      context.statuses.check(uid)
      if (isNews) queue.add(uid)
    },
    remove(uid) {
      const record = records.get(uid)
      if (!record) return
      record.isRemoved = true
      if (record.stage === 'syncing') shorten(record, graceOf(record.pod))
      queue.add(uid)
    },
    adoptOrphan(pod) {
      if (records.has(pod.uid)) return
      const { uid, name, namespace } = pod
      const record = createPodRecord({ metadata: { uid, name, namespace } })
      records.set(uid, {
        ...record,
        stage: 'terminating',
        isRemoved: true,
        graceSeconds: ORPHAN_GRACE_SECONDS,
      })
      queue.add(uid)
    },
    wake(uid) {
      if (records.has(uid)) queue.add(uid)
    },
    end(uid, end, graceSeconds) {
      const record = records.get(uid)
      if (record?.stage !== 'syncing') return
      record.end = end
      shorten(record, graceSeconds)
      queue.add(uid)
    },
    has: (uid) => records.has(uid),
    active,
    get: (uid) => records.get(uid)?.pod,
    list: () => [...records.values()].filter((record) => !record.isRemoved).map(({ pod }) => pod),
    mayBeRunning(uid) {
      const stage = records.get(uid)?.stage
      return stage === 'syncing' || stage === 'terminating'
    },
    run: (signal) => queue.run(signal),
  }
}

const DEFAULT_GRACE_SECONDS = 30

function graceOf(pod: Pod): number {
  const { deletionGracePeriodSeconds } = pod.metadata ?? {}
  return Math.max(
    1,
    deletionGracePeriodSeconds ?? pod.spec?.terminationGracePeriodSeconds ?? DEFAULT_GRACE_SECONDS,
  )
}

/** Wall time in milliseconds when a pod has had its time. */
function deadlineOf(pod: Pod, { statuses }: PodContext): number | undefined {
  const seconds = pod.spec?.activeDeadlineSeconds
  const startTime = statuses.get(pod).startTime
  return seconds === undefined || startTime === undefined ? undefined : Date.parse(startTime) + seconds * 1000
}
