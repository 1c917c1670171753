// A queue of keys: each key waits at most once, is worked on by one worker at a time, and comes back later
// with growing delay when its work failed.
//
// Every loop of the project (controllers, scheduler, pod workers, proxy, DNS) turns on one of these. Its
// length is bounded by the number of objects, since a key is in it at most once.
// Upstream: client-go/util/workqueue (queue, delaying queue and rate limiter in one)

import { untilAborted } from '#sys/abort.ts'
import type { Clock, Timer } from '#sys/clock.ts'

/** Undefined forgets the key's failures; a delay asks for it again after so many milliseconds. */
export type Requeue = undefined | { readonly afterMs: number }

export interface WorkQueue {
  /** Adds a key now; while it is being worked on it is remembered and comes right after. */
  add(key: string): void
  /** Adds a key after a delay; of several delays of one key the earliest counts. */
  addAfter(key: string, delayMs: number): void
  /** Keys that wait to be worked on, without those that are delayed. */
  readonly length: number
  /** Works until `signal` aborts and what had begun has ended. */
  run(signal: AbortSignal): Promise<void>
}

/** Told of what happens to keys; one that is added while it waits has not moved. */
export interface WorkQueueMeasure {
  added(key: string): void
  started(key: string): void
  done(key: string): void
  retried(): void
}

export interface WorkQueueOptions {
  readonly measure?: WorkQueueMeasure
  readonly clock: Clock
  /** How many keys may be worked on at once; default 1. */
  readonly workers?: number
  /** Does the work of one key; a rejection brings the key back after a delay. */
  work(key: string, signal: AbortSignal): Promise<Requeue>
  /** Told of each failure, with the number of failures in a row; the queue itself does not log. */
  onError(key: string, error: unknown, failures: number): void
  /** First delay after a failure, doubled with each further one up to the maximum. */
  readonly baseDelayMs?: number
  readonly maxDelayMs?: number
}

interface Delayed {
  readonly at: number
  readonly timer: Timer
}

/** Makes a queue; it begins to work when `run` is called, keys may be added before. */
export function createWorkQueue(options: WorkQueueOptions): WorkQueue {
  const { clock, workers = 1, baseDelayMs = 5, maxDelayMs = 300_000, measure } = options
  const waiting = new Set<string>()
  const active = new Set<string>()
  /** Keys that came in while they were being worked on. */
  const dirty = new Set<string>()
  const delayed = new Map<string, Delayed>()
  const failures = new Map<string, number>()
  let running: AbortSignal | undefined
  let onIdle: (() => void) | undefined

  function add(key: string): void {
    measure?.added(key)
    if (active.has(key)) dirty.add(key)
    else waiting.add(key)
    startWork()
  }

  function addAfter(key: string, delayMs: number): void {
    // Work that ends after the queue has nothing to come back to, and a timer would keep the process alive.
    if (running?.aborted) return
    if (delayMs <= 0) {
      add(key)
      return
    }
    const at = clock.monotonic() + delayMs
    const earlier = delayed.get(key)
    if (earlier && earlier.at <= at) return
    earlier?.timer.cancel()
    const timer = clock.after(delayMs, () => {
      delayed.delete(key)
      add(key)
    })
    delayed.set(key, { at, timer })
  }

  function startWork(): void {
    while (running && !running.aborted && active.size < workers) {
      const next = waiting.values().next()
      if (next.done) return
      waiting.delete(next.value)
      active.add(next.value)
      measure?.started(next.value)
      void workOn(next.value, running)
    }
  }

  async function workOn(key: string, signal: AbortSignal): Promise<void> {
    try {
      const requeue = await options.work(key, signal)
      failures.delete(key)
      if (requeue) addAfter(key, requeue.afterMs)
    } catch (error) {
      if (!signal.aborted) retryLater(key, error)
    } finally {
      active.delete(key)
      measure?.done(key)
      if (dirty.delete(key)) waiting.add(key)
      startWork()
      if (signal.aborted && active.size === 0) onIdle?.()
    }
  }

  function retryLater(key: string, error: unknown): void {
    const count = (failures.get(key) ?? 0) + 1
    failures.set(key, count)
    options.onError(key, error, count)
    measure?.retried()
    addAfter(key, Math.min(maxDelayMs, baseDelayMs * 2 ** Math.min(count - 1, 30)))
  }

  return {
    add,
    addAfter,
    get length() {
      return waiting.size
    },
    async run(signal) {
      running = signal
      startWork()
      await untilAborted(signal)
      for (const { timer } of delayed.values()) timer.cancel()
      delayed.clear()
      if (active.size > 0) await new Promise<void>((resolve) => (onIdle = resolve))
    },
  }
}
