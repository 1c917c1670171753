// How soon a failed pod of a DaemonSet is replaced on its node: later each time.
//
// A kubelet that refuses a pod makes it fail at once; without a growing delay controller and kubelet would
// fight as fast as they can. Upstream: staging/src/k8s.io/client-go/util/flowcontrol/backoff.go

import type { Clock } from '#sys/clock.ts'

const INITIAL_MS = 1000
const LONGEST_MS = 15 * 60_000
/** Unused entries beyond this many are dropped. */
const MAX_ENTRIES = 10_000

interface Entry {
  readonly delayMs: number
  readonly sinceMs: number
}

export class FailedPods {
  readonly #clock: Clock
  readonly #entries = new Map<string, Entry>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** 0 when a failed pod may be deleted now, which is counted; otherwise how long to wait. */
  admit(key: string): number {
    const nowMs = this.#clock.monotonic()
    const last = this.#entries.get(key)
    const isForgotten = last === undefined || nowMs - last.sinceMs > 2 * LONGEST_MS
    if (!isForgotten && nowMs - last.sinceMs < last.delayMs) return last.delayMs
    if (this.#entries.size >= MAX_ENTRIES) this.#dropOld(nowMs)
    const delayMs = isForgotten ? INITIAL_MS : Math.min(last.delayMs * 2, LONGEST_MS)
    this.#entries.set(key, { delayMs, sinceMs: nowMs })
    return 0
  }

  #dropOld(nowMs: number): void {
    for (const [key, { sinceMs }] of this.#entries) {
      if (nowMs - sinceMs > 2 * LONGEST_MS) this.#entries.delete(key)
    }
  }
}
