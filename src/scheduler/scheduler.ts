// The scheduling loop: takes one pod after the other from the queue, decides, assumes, and binds.
//
//   informers ─▶ cache (nodes, pods on them) ──┐
//   informers ─▶ queue (pods without a node) ──┴▶ decide ─▶ assume ─▶ POST binding (asynchronous)
//                      ▲                               │                  │ failed
//                      └────── unschedulable ◀─────────┘ ◀─── forget ─────┘
//
// The decision itself awaits nothing, so the picture of the cluster cannot change under it; what is written
// (bindings, conditions, evictions) goes on beside the next decision, a bounded number at once.
// Upstream: pkg/scheduler/{scheduler,schedule_one,eventhandlers}.go

import { keyOf } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { namespaces, nodes, podDisruptionBudgets, pods } from '#api/resources.ts'
import type { Namespace, Node, Pod } from '#api/types/core.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
import type { Client } from '#client/client.ts'
import type { Change, Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createDecider, type Diagnosis, describe } from '#scheduler/decide.ts'
import type { CycleState, SchedulerPlugin } from '#scheduler/framework.ts'
import type { AttemptResult, SchedulerMetrics } from '#scheduler/metrics.ts'
import { Nominations } from '#scheduler/nominations.ts'
import { createPodWrites, type PodWrites } from '#scheduler/pod-writes.ts'
import { findPreemption, type PreemptionResult } from '#scheduler/preemption.ts'
import { type QueuedPod, SchedulingQueue } from '#scheduler/queue.ts'
import { createSchedulerEvents } from '#scheduler/scheduler-events.ts'
import { SchedulerCache, type Snapshot } from '#scheduler/snapshot.ts'
import { StorageCache } from '#scheduler/storage-cache.ts'
import { VolumeBinder } from '#scheduler/volume-binder.ts'
import type { VolumePlan } from '#scheduler/volumes.ts'
import { WorkloadCache } from '#scheduler/workload-cache.ts'
import { untilAborted } from '#sys/abort.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface SchedulerDependencies {
  readonly client: Client
  readonly informers: InformerFactory
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  readonly plugins: readonly SchedulerPlugin[]
  readonly metrics?: SchedulerMetrics | undefined
  /** `spec.schedulerName` of the pods that are ours. */
  readonly schedulerName: string
  /** Where it runs: part of its events. */
  readonly hostname: string
}

/** Writes under way at once; more pods wait for one to end. */
const WRITES_BOUND = 32

/** Schedules until `signal` aborts; resolves when all writes have ended. The factory is started by the caller. */
export async function schedule(dependencies: SchedulerDependencies, signal: AbortSignal): Promise<void> {
  const scheduler = new Scheduler(dependencies)
  await scheduler.run(signal)
}

const isTerminal = (pod: Pod): boolean => pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'

class Scheduler {
  readonly #deps: SchedulerDependencies
  readonly #cache: SchedulerCache
  readonly #queue: SchedulingQueue
  readonly #events: ReturnType<typeof createSchedulerEvents>
  readonly #decide: ReturnType<typeof createDecider>
  readonly #nominations = new Nominations()
  readonly #podWrites: PodWrites
  readonly #writes = new Set<Promise<void>>()
  /** Pods whose volumes are being bound: as many as there are such pods. */
  readonly #waits = new Set<Promise<void>>()
  readonly #storage: StorageCache
  readonly #workloads: WorkloadCache
  readonly #volumes: VolumeBinder
  readonly #budgets: Informer<PodDisruptionBudget>
  #isPumping = false
  #signal: AbortSignal | undefined

  constructor(deps: SchedulerDependencies) {
    this.#deps = deps
    this.#budgets = deps.informers.informer(podDisruptionBudgets)
    this.#storage = new StorageCache(deps.informers)
    this.#workloads = new WorkloadCache(deps.informers)
    this.#volumes = new VolumeBinder(deps.client, deps.informers, deps.clock, this.#storage)
    this.#cache = new SchedulerCache(this.#storage, this.#workloads)
    this.#queue = new SchedulingQueue(deps.clock, deps.plugins, () => this.#pump())
    deps.metrics?.readWaiting(() => this.#queue.counts())
    const name = deps.schedulerName
    this.#events = createSchedulerEvents(deps.client, deps.clock, deps.log, name, `${name}-${deps.hostname}`)
    this.#podWrites = createPodWrites(deps, name, this.#events)
    this.#decide = createDecider(deps.plugins, deps.random, this.#nominations)
  }

  async run(signal: AbortSignal): Promise<void> {
    const nodeInformer = this.#deps.informers.informer<Node>(nodes)
    const podInformer = this.#deps.informers.informer<Pod>(pods)
    const namespaceInformer = this.#deps.informers.informer<Namespace>(namespaces)
    namespaceInformer.onChange(({ type, object }) => {
      if (type === 'deleted') this.#cache.removeNamespace(object.metadata?.name ?? '')
      else this.#cache.setNamespace(object)
    })
    nodeInformer.onChange((change) => this.#onNode(change))
    podInformer.onChange((change) => this.#onPod(change))
    const sources = [namespaceInformer, nodeInformer, podInformer, this.#budgets]
    await Promise.all([...sources, this.#storage, this.#workloads].map((source) => source.whenSynced(signal)))
    this.#storage.onEvent((event) => this.#queue.onEvent(event))
    this.#signal = signal
    this.#pump()
    await untilAborted(signal)
    this.#queue.close()
    await Promise.allSettled(this.#waits)
    await Promise.allSettled(this.#writes)
  }

  #onNode(change: Change<Node>): void {
    if (change.type === 'deleted') {
      this.#cache.removeNode(change.object.metadata?.name ?? '')
      this.#queue.onEvent({ type: 'node-deleted', node: change.object })
      return
    }
    this.#cache.setNode(change.object)
    if (change.type === 'added') this.#queue.onEvent({ type: 'node-added', node: change.object })
    else if (mattersForPods(change.previous, change.object)) {
      this.#queue.onEvent({ type: 'node-updated', node: change.object, previous: change.previous })
    }
  }

  #onPod(change: Change<Pod>): void {
    const pod = change.object
    const key = keyOf(pod)
    const wasCounted =
      change.type === 'updated' ? isOnNode(change.previous) : change.type === 'deleted' && isOnNode(pod)
    if (change.type !== 'deleted' && isOnNode(pod)) {
      this.#queue.delete(key)
      this.#nominations.delete(key)
      this.#cache.setPod(pod)
      if (wasCounted && change.type === 'updated') {
        this.#queue.onEvent({ type: 'assigned-pod-updated', pod, previous: change.previous })
      } else this.#queue.onEvent({ type: 'assigned-pod-added', pod })
      return
    }
    if (wasCounted || change.type === 'deleted' || isTerminal(pod)) {
      this.#cache.removePod(key)
      this.#queue.delete(key)
      this.#nominations.delete(key)
      if (wasCounted) this.#queue.onEvent({ type: 'assigned-pod-deleted', pod })
      return
    }
    if (!this.#isOurs(pod)) return
    if (!this.#cache.isAssumed(key)) {
      this.#nominations.read(pod, change.type === 'updated' ? change.previous : undefined)
    }
    if (this.#isWorthTrying(change)) this.#queue.set(pod)
    else this.#queue.refresh(pod)
  }

  #isOurs(pod: Pod): boolean {
    return (
      pod.spec?.schedulerName === this.#deps.schedulerName && pod.metadata?.deletionTimestamp === undefined
    )
  }

  /** Our own status writes come back as updates; only changes that may change the outcome count. */
  #isWorthTrying(change: Change<Pod>): boolean {
    if (this.#cache.isAssumed(keyOf(change.object))) return false
    if (change.type !== 'updated') return true
    const relevant = (pod: Pod) => JSON.stringify([pod.spec, pod.metadata?.labels, pod.metadata?.annotations])
    return relevant(change.previous) !== relevant(change.object)
  }

  /** Decides for all pods that are due, letting other work in between them. */
  #pump(): void {
    if (this.#isPumping || !this.#signal || this.#signal.aborted || this.#writes.size >= WRITES_BOUND) return
    const entry = this.#queue.pop()
    if (!entry) return
    this.#isPumping = true
    setImmediate(() => {
      this.#isPumping = false
      this.#pump()
    })
    this.#scheduleOne(entry)
  }

  #scheduleOne(entry: QueuedPod): void {
    const { pod } = entry
    const startMs = this.#deps.clock.monotonic()
    const snapshot = this.#cache.snapshot()
    const decision = this.#decide(pod, snapshot)
    if (decision.nodeName !== undefined) {
      this.#cache.assume(
        { ...pod, spec: { ...pod.spec, nodeName: decision.nodeName } as Pod['spec'] } as Pod,
        decision.nodeName,
      )
      this.#nominations.delete(entry.key)
      this.#placeVolumes(entry, decision.nodeName, snapshot, startMs)
      return
    }
    this.#attempted('unschedulable', startMs)
    this.#queue.addUnschedulable(entry, decision.diagnosis.rejectedBy)
    this.#write(this.#reject(pod, decision.diagnosis, decision.state))
  }

  /** A pod whose volumes are still to be bound waits for them, without holding up others. */
  #placeVolumes(entry: QueuedPod, nodeName: string, snapshot: Snapshot, startMs: number): void {
    const node = snapshot.nodes.find(({ name }) => name === nodeName)?.node
    const plan = node && this.#volumes.promise(entry.pod, node)
    if (!plan || !this.#signal) {
      this.#write(this.#bind(entry, nodeName, startMs))
      return
    }
    const waiting = this.#bindAfterVolumes(plan, entry, nodeName, startMs, this.#signal).finally(() =>
      this.#waits.delete(waiting),
    )
    this.#waits.add(waiting)
  }

  async #bindAfterVolumes(
    plan: VolumePlan,
    entry: QueuedPod,
    nodeName: string,
    startMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    // Whoever looks meanwhile, or starts anew, sees where the pod is to come. It is written before the pod is bound.
    const nominated = this.#podWrites.nominate(entry.pod, nodeName)
    try {
      await this.#volumes.bind(plan, entry.pod, nodeName, signal)
      await nominated
      this.#write(this.#bind(entry, nodeName, startMs))
    } catch (error) {
      await nominated
      this.#attempted('error', startMs)
      this.#onBindingFailed(entry, `running PreBind plugin "VolumeBinding": ${messageOf(error)}`)
    }
  }

  #write(work: Promise<void>): void {
    const tracked = work.finally(() => {
      this.#writes.delete(tracked)
      this.#pump()
    })
    this.#writes.add(tracked)
  }

  #attempted(result: AttemptResult, startMs: number): void {
    this.#deps.metrics?.attempted(result, (this.#deps.clock.monotonic() - startMs) / 1000)
  }

  async #bind(entry: QueuedPod, nodeName: string, startMs: number): Promise<void> {
    const { pod } = entry
    const { namespace = '', name = '', uid } = pod.metadata ?? {}
    const binding = {
      apiVersion: 'v1',
      kind: 'Binding',
      metadata: { namespace, name, ...(uid !== undefined && { uid }) },
      target: { apiVersion: 'v1', kind: 'Node', name: nodeName },
    }
    try {
      await this.#deps.client.resource(pods).createSubresource(namespace, name, 'binding', binding)
      this.#attempted('scheduled', startMs)
      this.#events.record(
        pod,
        'Normal',
        'Scheduled',
        'Binding',
        `Successfully assigned ${entry.key} to ${nodeName}`,
      )
    } catch (error) {
      this.#attempted('error', startMs)
      const isGone = isNotFound(error)
      this.#onBindingFailed(entry, isGone ? undefined : `binding rejected: ${messageOf(error)}`)
    }
  }

  /** The room is free again, and the pod comes back unless it is gone or was bound by somebody else meanwhile. */
  #onBindingFailed(entry: QueuedPod, why: string | undefined): void {
    const { pod } = entry
    this.#cache.forget(pod)
    this.#queue.onEvent({ type: 'assigned-pod-deleted', pod })
    if (why === undefined || this.#signal?.aborted) return
    this.#events.record(pod, 'Warning', 'FailedScheduling', 'Scheduling', why)
    const current = this.#deps.informers.informer<Pod>(pods).get(entry.key)
    if (!current || isOnNode(current) || current.metadata?.uid !== pod.metadata?.uid) return
    this.#deps.log.warn({ pod: entry.key, error: why }, 'binding failed')
    entry.pod = current
    this.#queue.addAfterError(entry)
    this.#write(this.#podWrites.wait(current, 'SchedulerError', why, ''))
  }

  /** No node does: tries preemption, and tells why. */
  async #reject(pod: Pod, diagnosis: Diagnosis, state: CycleState): Promise<void> {
    const snapshot = this.#cache.snapshot()
    const preemption: PreemptionResult =
      diagnosis.preFilterMessage === undefined
        ? findPreemption(this.#deps.plugins, pod, snapshot, diagnosis, state, this.#budgets.list())
        : { message: '' }
    const isPreempting = 'nodeName' in preemption
    const postFilterMessage = isPreempting ? '' : postFilterText(diagnosis, preemption.message)
    const message = describe(diagnosis, diagnosis.nodeCount === 0 ? '' : postFilterMessage)
    this.#events.record(pod, 'Warning', 'FailedScheduling', 'Scheduling', message)
    if (isPreempting) await this.#preempt(pod, preemption.nodeName, preemption.victims)
    else if (preemption.isFutile) this.#nominations.delete(keyOf(pod))
    const nomination = isPreempting ? preemption.nodeName : preemption.isFutile ? '' : undefined
    await this.#podWrites.wait(pod, 'Unschedulable', message, nomination)
  }

  /** Makes room: whoever waits for the same room with a lower priority has to look elsewhere. */
  async #preempt(pod: Pod, nodeName: string, victims: readonly Pod[]): Promise<void> {
    this.#deps.metrics?.preempted(victims.length)
    const outbid = this.#nominations
      .on(nodeName)
      .filter((other) => (other.spec?.priority ?? 0) < (pod.spec?.priority ?? 0))
    for (const other of outbid) this.#nominations.delete(keyOf(other))
    this.#nominations.set(pod, nodeName)
    await Promise.all([
      ...victims.map((victim) => this.#podWrites.evict(victim, pod, nodeName)),
      ...outbid.map((other) => this.#podWrites.nominate(other, undefined)),
    ])
  }
}

/** Where no node was even looked at, upstream's plugin for device claims misses what it prepares there. */
const postFilterText = (diagnosis: Diagnosis, message: string): string =>
  diagnosis.preFilterMessage === undefined
    ? `no new claims to deallocate, preemption: ${message}`
    : 'not found'

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

const isOnNode = (pod: Pod): boolean => !!pod.spec?.nodeName && !isTerminal(pod)

/** Heartbeats change nodes all the time; pods care for room, labels, taints and the cordon only. */
function mattersForPods(previous: Node, node: Node): boolean {
  const relevant = ({ spec, status, metadata }: Node) =>
    JSON.stringify([status?.allocatable, metadata?.labels, spec?.taints, spec?.unschedulable])
  return relevant(previous) !== relevant(node)
}
