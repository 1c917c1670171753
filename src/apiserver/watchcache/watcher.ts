// One watcher of the cache: it is live, or it lags and then is a position in the window of events.
//
// ```
//   initial state ─▶ what came meanwhile ─▶ live ─▶ receiver is full ─▶ what came meanwhile ─▶ live …
// ```
// A watcher has no buffer of its own: what it has not taken yet stays in the window, once for all who lag. Who lags
// until his position is dropped is ended; the client begins again from the last revision that it saw.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher/cache_watcher.go

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Deliver, RegistryWatchEvent } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { type CacheEvent, type Matches, wireEvent } from '#apiserver/watchcache/cache-event.ts'
import type { EventWindow } from '#apiserver/watchcache/event-window.ts'
import type { Revision } from '#store/store.ts'

/** So many objects or events are looked at before others run. */
const PIECE = 500

export interface WatcherOptions {
  readonly window: EventWindow
  readonly prefix: string
  readonly matches: Matches
  readonly deliver: Deliver
  /** Events up to this revision are not for this watcher. */
  readonly after: Revision
  /** What is sent first; frozen at the time of the call. */
  readonly initial: readonly StoredObject[]
  /** Sent between the initial state and the events. */
  readonly initialEnd: RegistryWatchEvent | undefined
  /** The first event that it may not have seen. */
  readonly position: number
  onEnd(): void
  /** Called when the initial state has been sent. */
  readonly onBegun: (() => void) | undefined
}

export class Watcher {
  readonly #options: WatcherOptions
  /** Events of the batch that is being applied. */
  #outbox: RegistryWatchEvent[] = []
  #isLive = false
  /** While it lags: the first event that it needs; undefined as long as there is none. */
  #position: number | undefined
  #isEnded = false

  constructor(options: WatcherOptions) {
    this.#options = options
    this.#position = options.position < options.window.end ? options.position : undefined
  }

  /** Begins to send; to be called in the turn in which it was made, once it gets all events. */
  start(): void {
    void this.#run()
  }

  /** Takes an event of the current batch; `position` is where it lies in the window. */
  offer(event: CacheEvent, position: number): void {
    if (this.#isEnded) return
    if (this.#position !== undefined) {
      if (this.#position < this.#options.window.first) this.end()
      return
    }
    const seen = this.#seen(event)
    if (!seen) return
    if (this.#isLive) this.#outbox.push(seen)
    else this.#position = position
  }

  /** Sends what the batch brought. */
  flush(): void {
    if (this.#outbox.length === 0 || this.#isEnded) return
    const events = this.#outbox
    this.#outbox = []
    const full = this.#send(events)
    if (!full) return
    this.#isLive = false
    void this.#resume(full)
  }

  /** Tells how far the cache has come; a watcher that lags is not there yet. */
  bookmark(event: RegistryWatchEvent): void {
    if (!this.#isLive || this.#isEnded) return
    this.#outbox.push(event)
    this.flush()
  }

  end(): void {
    if (this.#isEnded) return
    this.#isEnded = true
    this.#outbox = []
    this.#options.onEnd()
  }

  async #run(): Promise<void> {
    const { initial, initialEnd, matches } = this.#options
    for (let start = 0; start < initial.length && !this.#isEnded; start += PIECE) {
      const piece = initial.slice(start, start + PIECE).filter((state) => matches?.(state.object) ?? true)
      await this.#sendOrWait(piece.map((state) => wireEvent('ADDED', state)))
    }
    if (initialEnd) await this.#sendOrWait([initialEnd])
    this.#options.onBegun?.()
    await this.#catchUp()
  }

  async #resume(full: Promise<void>): Promise<void> {
    await this.#settled(full)
    await this.#catchUp()
  }

  /** Sends what lies in the window until there is nothing left; becomes live in the turn in which that is so. */
  async #catchUp(): Promise<void> {
    const { window } = this.#options
    while (!this.#isEnded) {
      const position = this.#position
      if (position === undefined) {
        this.#isLive = true
        return
      }
      if (position < window.first) {
        this.end()
        return
      }
      const stop = Math.min(window.end, position + PIECE)
      const events: RegistryWatchEvent[] = []
      for (let at = position; at < stop; at++) {
        const seen = this.#seen(window.at(at))
        if (seen) events.push(seen)
      }
      this.#position = stop < window.end ? stop : undefined
      await this.#sendOrWait(events)
    }
  }

  #seen(event: CacheEvent): RegistryWatchEvent | undefined {
    const { prefix, after, matches } = this.#options
    return event.revision > after && event.key.startsWith(prefix) ? event.seenBy(matches) : undefined
  }

  async #sendOrWait(events: readonly RegistryWatchEvent[]): Promise<void> {
    if (events.length === 0 || this.#isEnded) return
    const full = this.#send(events)
    if (full) await this.#settled(full)
    else if (events.length >= PIECE) await nextTurn()
  }

  #send(events: readonly RegistryWatchEvent[]): Promise<void> | undefined {
    try {
      return this.#options.deliver(events)
    } catch {
      // a receiver that fails is gone: its side says why
      this.end()
      return undefined
    }
  }

  async #settled(full: Promise<void>): Promise<void> {
    try {
      await full
    } catch {
      this.end()
    }
  }
}
