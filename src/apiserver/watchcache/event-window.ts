// The events of the last minutes, one copy for all watchers, each of whom is only a position in here.
//
// ```
//   floor │ e e e e e e e e e e │ end
//         first ▲ a watcher that lags       ▲ all others
// ```
// What is dropped at the front raises `floor`: who has not come that far can no longer be served without a gap.
// Upstream: the cyclic buffer of staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go, with its numbers

import type { CacheEvent } from '#apiserver/watchcache/cache-event.ts'
import type { Revision } from '#store/store.ts'

/** So many events are kept however old they are. */
const MIN_EVENTS = 100
/** Above that number, events are kept for so long, but never more than the two bounds below allow. */
const FRESH_MS = 75_000
const MAX_EVENTS = 50_000
const MAX_BYTES = 32 * 1024 * 1024

export class EventWindow {
  #events: { readonly event: CacheEvent; readonly at: number }[] = []
  /** How many at the front of the array are dropped already. */
  #dropped = 0
  /** The sequence number of the first entry of the array. */
  #base = 0
  #bytes = 0
  #floor: Revision

  constructor(floor: Revision) {
    this.#floor = floor
  }

  /** All events after this revision are here. */
  get floor(): Revision {
    return this.#floor
  }

  /** The position of the first event that is still here. */
  get first(): number {
    return this.#base + this.#dropped
  }

  /** The position of the next event. */
  get end(): number {
    return this.#base + this.#events.length
  }

  push(event: CacheEvent, now: number): void {
    this.#events.push({ event, at: now })
    this.#bytes += event.sizeBytes
    while (this.#mustDrop(now)) {
      const { event: oldest } = this.#events[this.#dropped]!
      this.#dropped++
      this.#bytes -= oldest.sizeBytes
      this.#floor = oldest.revision
    }
    if (this.#dropped > MIN_EVENTS && this.#dropped * 2 > this.#events.length) this.#shrink()
  }

  at(position: number): CacheEvent {
    return this.#events[position - this.#base]!.event
  }

  /** The position of the first event after a revision. */
  positionAfter(revision: Revision): number {
    let low = this.#dropped
    let high = this.#events.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#events[middle]!.event.revision <= revision) low = middle + 1
      else high = middle
    }
    return this.#base + low
  }

  #mustDrop(now: number): boolean {
    const length = this.#events.length - this.#dropped
    if (length <= MIN_EVENTS) return false
    if (length > MAX_EVENTS || this.#bytes > MAX_BYTES) return true
    return now - this.#events[this.#dropped]!.at > FRESH_MS
  }

  #shrink(): void {
    this.#events = this.#events.slice(this.#dropped)
    this.#base += this.#dropped
    this.#dropped = 0
  }
}
