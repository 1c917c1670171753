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

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { namespaces, nodes, podDisruptionBudgets, pods } from '#api/resources.ts'
import type { Namespace, Node, Pod, PodCondition } from '#api/types/core.ts'
import type { PodDisruptionBudget } from '#api/types/policy.ts'
import type { Client } from '#client/client.ts'
import type { Change, Informer } from '#client/informer.ts'
import type { InformerFactory } from '#client/informer-factory.ts'
import { createDecider, type Diagnosis, describe } from '#scheduler/decide.ts'
import type { CycleState, SchedulerPlugin } from '#scheduler/framework.ts'
import type { AttemptResult, SchedulerMetrics } from '#scheduler/metrics.ts'
import { findPreemption, type PreemptionResult } from '#scheduler/preemption.ts'
import { type QueuedPod, SchedulingQueue } from '#scheduler/queue.ts'
import { createSchedulerEvents } from '#scheduler/scheduler-events.ts'
import { SchedulerCache, type Snapshot } from '#scheduler/snapshot.ts'
import { VolumeBinder } from '#scheduler/volume-binder.ts'
import { untilAborted } from '#sys/abort.ts'
import { type Clock, formatTime } from '#sys/clock.ts'
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
  readonly #nominated = new Map<ObjectKey, { readonly pod: Pod; readonly nodeName: string }>()
  readonly #writes = new Set<Promise<void>>()
  /** Pods whose volumes are being bound: as many as there are such pods. */
  readonly #waits = new Set<Promise<void>>()
  readonly #volumes: VolumeBinder
  readonly #budgets: Informer<PodDisruptionBudget>
  #isPumping = false
  #signal: AbortSignal | undefined

  constructor(deps: SchedulerDependencies) {
    this.#deps = deps
    this.#budgets = deps.informers.informer(podDisruptionBudgets)
    this.#volumes = new VolumeBinder(deps.client, deps.informers, deps.clock)
    this.#cache = new SchedulerCache(this.#volumes)
    this.#queue = new SchedulingQueue(deps.clock, deps.plugins, () => this.#pump())
    deps.metrics?.readWaiting(() => this.#queue.counts())
    const name = deps.schedulerName
    this.#events = createSchedulerEvents(deps.client, deps.clock, deps.log, name, `${name}-${deps.hostname}`)
    this.#decide = createDecider(deps.plugins, deps.random, (nodeName) => this.#nominatedOn(nodeName))
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
    await Promise.all(
      [namespaceInformer, nodeInformer, podInformer, this.#volumes, this.#budgets].map((source) =>
        source.whenSynced(signal),
      ),
    )
    this.#volumes.onChange(() => this.#queue.onEvent({ type: 'storage-changed' }))
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
      this.#nominated.delete(key)
      this.#cache.setPod(pod)
      if (wasCounted && change.type === 'updated') {
        this.#queue.onEvent({ type: 'assigned-pod-updated', pod, previous: change.previous })
      } else this.#queue.onEvent({ type: 'assigned-pod-added', pod })
      return
    }
    if (wasCounted || change.type === 'deleted' || isTerminal(pod)) {
      this.#cache.removePod(key)
      this.#queue.delete(key)
      this.#nominated.delete(key)
      if (wasCounted) this.#queue.onEvent({ type: 'assigned-pod-deleted', pod })
      return
    }
    if (this.#isOurs(pod) && this.#isWorthTrying(change)) this.#queue.set(pod)
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
    const waiting = this.#volumes
      .bind(plan, nodeName, this.#signal)
      .then(
        () => this.#write(this.#bind(entry, nodeName, startMs)),
        (error: unknown) => {
          this.#attempted('error', startMs)
          this.#onBindingFailed(entry, error)
        },
      )
      .finally(() => this.#waits.delete(waiting))
    this.#waits.add(waiting)
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
      this.#nominated.delete(entry.key)
      this.#events.record(
        pod,
        'Normal',
        'Scheduled',
        'Binding',
        `Successfully assigned ${entry.key} to ${nodeName}`,
      )
    } catch (error) {
      this.#attempted('error', startMs)
      this.#onBindingFailed(entry, error)
    }
  }

  /** The room is free again, and the pod comes back unless it is gone or was bound by somebody else meanwhile. */
  #onBindingFailed(entry: QueuedPod, error: unknown): void {
    const { pod } = entry
    this.#cache.forget(pod)
    this.#queue.onEvent({ type: 'assigned-pod-deleted', pod })
    if (isNotFound(error) || this.#signal?.aborted) return
    const current = this.#deps.informers.informer<Pod>(pods).get(entry.key)
    if (!current || isOnNode(current) || current.metadata?.uid !== pod.metadata?.uid) return
    const why = `binding rejected: ${error instanceof Error ? error.message : String(error)}`
    this.#deps.log.warn({ pod: entry.key, error: why }, 'binding failed')
    entry.pod = current
    this.#queue.addAfterError(entry)
    this.#events.record(pod, 'Warning', 'FailedScheduling', 'Scheduling', why)
    this.#write(this.#setCondition(pod, 'SchedulerError', why, undefined))
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
    if (isPreempting) {
      this.#deps.metrics?.preempted(preemption.victims.length)
      this.#nominated.set(keyOf(pod), { pod, nodeName: preemption.nodeName })
      await Promise.all(preemption.victims.map((victim) => this.#evict(victim, pod, preemption.nodeName)))
    }
    await this.#setCondition(pod, 'Unschedulable', message, isPreempting ? preemption.nodeName : undefined)
  }

  async #evict(victim: Pod, preemptor: Pod, nodeName: string): Promise<void> {
    const { namespace = '', name = '', uid } = victim.metadata ?? {}
    const schedulerName = this.#deps.schedulerName
    const condition = {
      type: 'DisruptionTarget',
      status: 'True',
      reason: 'PreemptionByScheduler',
      message: `${schedulerName}: preempting to accommodate a higher priority pod`,
      lastTransitionTime: formatTime(this.#deps.clock.now()),
    }
    const resource = this.#deps.client.resource(pods)
    try {
      await resource.patch(
        namespace,
        name,
        'strategic',
        { status: { conditions: [condition] } },
        { subresource: 'status' },
      )
      await resource.delete(namespace, name, uid === undefined ? {} : { preconditions: { uid } })
      const by = `Preempted by pod ${preemptor.metadata?.uid ?? ''} on node ${nodeName}`
      this.#events.record(victim, 'Normal', 'Preempted', 'Preempting', by)
    } catch (error) {
      if (!isNotFound(error))
        this.#deps.log.warn({ pod: keyOf(victim), error: String(error) }, 'preemption failed')
    }
  }

  async #setCondition(
    pod: Pod,
    reason: string,
    message: string,
    nominatedNodeName: string | undefined,
  ): Promise<void> {
    const known = pod.status?.conditions?.find((condition) => condition.type === 'PodScheduled')
    const isSame = known?.status === 'False' && known.reason === reason && known.message === message
    const isNominated = nominatedNodeName === undefined || pod.status?.nominatedNodeName === nominatedNodeName
    if (isSame && isNominated) return
    const condition: PodCondition = {
      type: 'PodScheduled',
      status: 'False',
      reason,
      message,
      lastTransitionTime:
        (known?.status === 'False' && known.lastTransitionTime) || formatTime(this.#deps.clock.now()),
      ...(pod.metadata?.generation !== undefined && { observedGeneration: pod.metadata.generation }),
    }
    const status = { conditions: [condition], ...(nominatedNodeName !== undefined && { nominatedNodeName }) }
    const { namespace = '', name = '' } = pod.metadata ?? {}
    try {
      await this.#deps.client
        .resource(pods)
        .patch(namespace, name, 'strategic', { status }, { subresource: 'status' })
    } catch (error) {
      if (!isNotFound(error))
        this.#deps.log.warn({ pod: keyOf(pod), error: String(error) }, 'condition was not written')
    }
  }

  #nominatedOn(nodeName: string): readonly Pod[] {
    if (this.#nominated.size === 0) return []
    return [...this.#nominated.values()]
      .filter((entry) => entry.nodeName === nodeName)
      .map((entry) => entry.pod)
  }
}

/** Where no node was even looked at, upstream's plugin for device claims misses what it prepares there. */
const postFilterText = (diagnosis: Diagnosis, message: string): string =>
  diagnosis.preFilterMessage === undefined
    ? `no new claims to deallocate, preemption: ${message}`
    : 'not found'

const isOnNode = (pod: Pod): boolean => !!pod.spec?.nodeName && !isTerminal(pod)

/** Heartbeats change nodes all the time; pods care for room, labels, taints and the cordon only. */
function mattersForPods(previous: Node, node: Node): boolean {
  const relevant = ({ spec, status, metadata }: Node) =>
    JSON.stringify([status?.allocatable, metadata?.labels, spec?.taints, spec?.unschedulable])
  return relevant(previous) !== relevant(node)
}
