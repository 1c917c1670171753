// Growing waits by key: for crashing containers and for images that cannot be pulled.
//
// Each failure doubles the wait up to the maximum; whoever stays well for twice the maximum starts afresh.
// Upstream: staging/src/k8s.io/client-go/util/flowcontrol/backoff.go

import type { Clock } from '#sys/clock.ts'

interface Entry {
  backoffMs: number
  updatedAt: number
}

export class Backoff {
  readonly #entries = new Map<string, Entry>()
  readonly #clock: Clock
  readonly #initialMs: number
  readonly #maximumMs: number

  constructor(clock: Clock, initialMs: number, maximumMs: number) {
    this.#clock = clock
    this.#initialMs = initialMs
    this.#maximumMs = maximumMs
  }

  /** The current wait of a key; 0 when it has none. */
  get(key: string): number {
    return this.#entries.get(key)?.backoffMs ?? 0
  }

  /** Milliseconds (wall time) until which a key that failed at `failedAt` has to wait; undefined when it need not. */
  waitsUntil(key: string, failedAt: number): number | undefined {
    const entry = this.#entries.get(key)
    if (!entry || this.#hasExpired(entry, failedAt)) return undefined
    const until = failedAt + entry.backoffMs
    return this.#clock.now() < until ? until : undefined
  }

  /** The same, counted from the last failure itself. */
  waitsSinceUpdate(key: string): number | undefined {
    const entry = this.#entries.get(key)
    return entry && this.waitsUntil(key, entry.updatedAt)
  }

  /** Notes a failure at `failedAt`: the next wait is longer. */
  next(key: string, failedAt: number): void {
    const entry = this.#entries.get(key)
    const isFresh = !entry || this.#hasExpired(entry, failedAt)
    const backoffMs = isFresh ? this.#initialMs : Math.min(entry.backoffMs * 2, this.#maximumMs)
    this.#entries.set(key, { backoffMs, updatedAt: this.#clock.now() })
  }

  forget(key: string): void {
    this.#entries.delete(key)
  }

  /** Drops what belongs to a pod. */
  forgetPrefix(prefix: string): void {
    for (const key of this.#entries.keys()) if (key.startsWith(prefix)) this.#entries.delete(key)
  }

  #hasExpired(entry: Entry, at: number): boolean {
    return at - entry.updatedAt > this.#maximumMs * 2
  }
}
