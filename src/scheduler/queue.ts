// The pods that wait for a node, in three rooms.
//
//   active         to be tried now, the highest priority first, then the oldest
//   backoff        tried in vain, and something has changed since: again when its delay is over, or at once when
//                  nothing else waits; after an *error* (a failed binding) never before its delay is over
//   unschedulable  tried in vain, and nothing has changed that could help: waits for an event
//
// An event moves only those pods that it can help, judged by the plugins that rejected them; what nobody
// moved is tried again after five minutes. Upstream: pkg/scheduler/backend/queue

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import type { Pod } from '#api/types/core.ts'
import type { ClusterEvent } from '#scheduler/cluster-events.ts'
import type { SchedulerPlugin } from '#scheduler/framework.ts'
import type { Clock, Timer } from '#sys/clock.ts'

const INITIAL_BACKOFF_MS = 1_000
const MAX_BACKOFF_MS = 10_000
const LONGEST_WAIT_MS = 300_000

export interface QueuedPod {
  readonly key: ObjectKey
  pod: Pod
  /** When it came: decides between pods of one priority. */
  readonly addedAt: number
  attempts: number
  /** Names of the plugins that rejected it last. */
  rejectedBy: ReadonlySet<string>
}

interface Waiting {
  readonly entry: QueuedPod
  readonly until: number
  readonly isError: boolean
}

export class SchedulingQueue {
  readonly #clock: Clock
  readonly #plugins: readonly SchedulerPlugin[]
  readonly #onReady: () => void
  readonly #active = new Map<ObjectKey, QueuedPod>()
  readonly #backoff = new Map<ObjectKey, Waiting>()
  readonly #unschedulable = new Map<ObjectKey, { readonly entry: QueuedPod; readonly since: number }>()
  readonly #gated = new Map<ObjectKey, Pod>()
  #timer: Timer | undefined

  /** `onReady` is called when a pod can be taken. */
  constructor(clock: Clock, plugins: readonly SchedulerPlugin[], onReady: () => void) {
    this.#clock = clock
    this.#plugins = plugins
    this.#onReady = onReady
  }

  /** A pod without a node came or changed. Gives the message of the gate that holds it, if one does. */
  set(pod: Pod): string | undefined {
    const key = keyOf(pod)
    const gate = this.#gateOf(pod)
    const known = this.#take(key)
    if (gate !== undefined) {
      this.#gated.set(key, pod)
      return gate
    }
    const entry = known ?? {
      key,
      pod,
      addedAt: this.#clock.now(),
      attempts: 0,
      rejectedBy: new Set<string>(),
    }
    entry.pod = pod
    this.#activate(entry)
    return undefined
  }

  /** The pod says something new that makes no difference to its turn. */
  refresh(pod: Pod): void {
    const key = keyOf(pod)
    const entry = this.#find(key)
    if (entry) entry.pod = pod
    else if (this.#gated.has(key)) this.#gated.set(key, pod)
  }

  /** The pod is bound, or gone. */
  delete(key: ObjectKey): void {
    this.#take(key)
  }

  has(key: ObjectKey): boolean {
    return (
      this.#active.has(key) || this.#backoff.has(key) || this.#unschedulable.has(key) || this.#gated.has(key)
    )
  }

  /** The next pod to try; undefined when none is due. */
  pop(): QueuedPod | undefined {
    const entry = first(this.#active.values()) ?? this.#earliestBackoff()
    if (!entry) return undefined
    this.#take(entry.key)
    entry.attempts++
    return entry
  }

  /** No node did: wait for an event that helps. */
  addUnschedulable(entry: QueuedPod, rejectedBy: ReadonlySet<string>): void {
    entry.rejectedBy = rejectedBy
    this.#unschedulable.set(entry.key, { entry, since: this.#clock.now() })
    this.#schedule()
  }

  /** Something failed that may work next time. */
  addAfterError(entry: QueuedPod): void {
    this.#backoff.set(entry.key, {
      entry,
      until: this.#clock.now() + backoffMs(entry.attempts),
      isError: true,
    })
    this.#schedule()
  }

  /** Something happened in the cluster: wakes the pods that it could help. */
  onEvent(event: ClusterEvent): void {
    for (const { entry } of [...this.#unschedulable.values()])
      if (this.#isHelped(entry, event)) this.#wake(entry)
  }

  /** Pods in each room, as upstream's metric `scheduler_pending_pods` counts them. */
  counts(): Readonly<Record<'active' | 'backoff' | 'unschedulable' | 'gated', number>> {
    return {
      active: this.#active.size,
      backoff: this.#backoff.size,
      unschedulable: this.#unschedulable.size,
      gated: this.#gated.size,
    }
  }

  close(): void {
    this.#timer?.cancel()
  }

  #gateOf(pod: Pod): string | undefined {
    for (const plugin of this.#plugins) {
      const message = plugin.preEnqueue?.(pod)
      if (message !== undefined) return message
    }
    return undefined
  }

  #isHelped(entry: QueuedPod, event: ClusterEvent): boolean {
    return this.#plugins.some(
      (plugin) => entry.rejectedBy.has(plugin.name) && (plugin.isHelpedBy?.(entry.pod, event) ?? true),
    )
  }

  #wake(entry: QueuedPod): void {
    this.#unschedulable.delete(entry.key)
    this.#backoff.set(entry.key, {
      entry,
      until: this.#clock.now() + backoffMs(entry.attempts),
      isError: false,
    })
    this.#schedule()
    this.#onReady()
  }

  #activate(entry: QueuedPod): void {
    this.#active.set(entry.key, entry)
    this.#onReady()
  }

  #find(key: ObjectKey): QueuedPod | undefined {
    return this.#active.get(key) ?? this.#backoff.get(key)?.entry ?? this.#unschedulable.get(key)?.entry
  }

  #take(key: ObjectKey): QueuedPod | undefined {
    const entry = this.#find(key)
    this.#active.delete(key)
    this.#backoff.delete(key)
    this.#unschedulable.delete(key)
    this.#gated.delete(key)
    return entry
  }

  /** With nothing else to do, a pod need not sit out its delay, unless it failed by an error. */
  #earliestBackoff(): QueuedPod | undefined {
    const waiting = [...this.#backoff.values()].filter(
      ({ isError, until }) => !isError || until <= this.#clock.now(),
    )
    return waiting.sort((a, b) => a.until - b.until)[0]?.entry
  }

  /** One timer for whatever is due first. */
  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    const dues = [
      ...[...this.#backoff.values()].map(({ until }) => until),
      ...[...this.#unschedulable.values()].map(({ since }) => since + LONGEST_WAIT_MS),
    ]
    if (dues.length === 0) return
    const delayMs = Math.max(0, Math.min(...dues) - this.#clock.now())
    this.#timer = this.#clock.after(delayMs, () => this.#flush())
  }

  #flush(): void {
    const now = this.#clock.now()
    for (const { entry, until } of [...this.#backoff.values()]) {
      if (until > now) continue
      this.#backoff.delete(entry.key)
      this.#activate(entry)
    }
    for (const { entry, since } of [...this.#unschedulable.values()]) {
      if (since + LONGEST_WAIT_MS <= now) this.#wake(entry)
    }
    this.#schedule()
  }
}

/** 1 s, 2 s, 4 s, 8 s, 10 s. */
function backoffMs(attempts: number): number {
  return Math.min(MAX_BACKOFF_MS, INITIAL_BACKOFF_MS * 2 ** Math.max(0, attempts - 1))
}

/** The pod of the highest priority, of equals the one that waits longest. */
function first(entries: Iterable<QueuedPod>): QueuedPod | undefined {
  let best: QueuedPod | undefined
  for (const entry of entries) {
    if (!best || comesBefore(entry, best)) best = entry
  }
  return best
}

function comesBefore(a: QueuedPod, b: QueuedPod): boolean {
  const byPriority = (b.pod.spec?.priority ?? 0) - (a.pod.spec?.priority ?? 0)
  return byPriority < 0 || (byPriority === 0 && a.addedAt < b.addedAt)
}
