// The cache itself: the objects at a revision, the window of events, the watchers.
//
// store ─▶ follow.ts ─▶ **apply**: objects, window, watchers, revision, all in one turn ─▶ get, list, watch
// The contract and its invariants are in watch-cache.ts.

import { type JsonObject, parseApiVersion } from '#api/meta/object.ts'
import { expired } from '#api/meta/status.ts'
import { TransformError, unreadable } from '#apiserver/encryption/value-transformer.ts'
import type { ObjectRange } from '#apiserver/registry/object-store.ts'
import type { Deliver, RegistryWatchEvent } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { type CacheEvent, cacheEvent } from '#apiserver/watchcache/cache-event.ts'
import { EventWindow } from '#apiserver/watchcache/event-window.ts'
import { follow } from '#apiserver/watchcache/follow.ts'
import { Freshness } from '#apiserver/watchcache/freshness.ts'
import { Indexes } from '#apiserver/watchcache/indexes.ts'
import type {
  CacheStats,
  CacheWatchRequest,
  Narrow,
  WatchCache,
  WatchCacheOptions,
} from '#apiserver/watchcache/watch-cache.ts'
import { Watcher } from '#apiserver/watchcache/watcher.ts'
import { Watchers } from '#apiserver/watchcache/watchers.ts'
import { SortedMap } from '#store/sorted-map.ts'
import { type KeyValue, prefixEnd, type Revision, type StoreEvent, type WatchBatch } from '#store/store.ts'
import type { Timer } from '#sys/clock.ts'

const BOOKMARK_MS = 60_000
/** The last bookmark comes so long before the end of a watch. */
const BEFORE_TIMEOUT_MS = 2_000
/** Remembering an event costs this beside its object. */
const EVENT_BYTES = 500
/** The mean size follows the last so many objects. */
const SIZE_SAMPLES = 1_000

/** Makes the cache of one resource; nothing happens before `run`. */
export function createWatchCache(options: WatchCacheOptions): WatchCache {
  return new ResourceCache(options)
}

class ResourceCache implements WatchCache {
  readonly #options: WatchCacheOptions
  readonly #objects = new SortedMap<StoredObject>()
  readonly #indexes = new Indexes()
  readonly #watchers = new Watchers()
  readonly #freshness: Freshness
  #window = new EventWindow(0)
  readonly #counts = { received: 0, dispatched: 0, initializations: 0 }
  #averageBytes = 0
  #samples = 0

  constructor(options: WatchCacheOptions) {
    this.#options = options
    this.#freshness = new Freshness(options.clock)
  }

  get revision(): Revision {
    return this.#freshness.revision
  }

  get isReady(): boolean {
    return this.#freshness.isReady
  }

  get isBroken(): boolean {
    return this.#freshness.isBroken
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store, prefix, clock, log } = this.#options
    const source = {
      replace: (kvs: readonly KeyValue[], revision: Revision) => this.#replace(kvs, revision),
      apply: (batch: WatchBatch) => this.#apply(batch),
      onFailure: (error: Error) => {
        if (error instanceof TransformError) this.#break(error)
        else this.#freshness.failure = error
      },
    }
    await follow({ store, prefix, clock, log, ...source }, signal)
    this.#watchers.endAll()
    this.#freshness.close()
  }

  async waitFor(revision: Revision | 'newest'): Promise<Revision> {
    await this.#freshness.wait(revision === 'newest' ? await this.#options.store.currentRevision() : revision)
    return this.revision
  }

  get(key: string): StoredObject | undefined {
    return this.#objects.get(key)
  }

  stats(): CacheStats {
    return {
      objects: this.#objects.size,
      revision: this.revision,
      remembered: this.#window.end - this.#window.first,
      ...this.#counts,
    }
  }

  size() {
    return { objects: this.#objects.size, averageBytes: this.#averageBytes }
  }

  list(prefix: string, matches?: (object: JsonObject) => boolean, narrow?: Narrow): StoredObject[] {
    const states = narrow
      ? this.#indexes.find(narrow, this.#objects).filter(({ key }) => key.startsWith(prefix))
      : [...this.#objects.range(prefix, prefixEnd(prefix))]
    return matches ? states.filter((state) => matches(state.object)) : states
  }

  range({ start, end, limit }: { start: string; end: string; limit: number }): ObjectRange {
    const items: StoredObject[] = []
    for (const state of this.#objects.range(start, end)) {
      if (limit > 0 && items.length >= limit) break
      items.push(state)
    }
    const count = this.#objects.countRange(start, end)
    return { items, count, more: count > items.length, revision: this.revision }
  }

  isUnchangedSince(revision: Revision): boolean {
    if (!this.isReady || revision > this.revision || revision < this.#window.floor) return false
    return this.#window.positionAfter(revision) === this.#window.end
  }

  async watch(request: CacheWatchRequest, deliver: Deliver, signal: AbortSignal): Promise<void> {
    // a watch of what is to come needs no more than a cache that is ready
    const wanted = request.initial || request.fromRevision === 'newest' ? request.fromRevision : 0
    await this.waitFor(wanted)
    if (signal.aborted) return
    await new Promise<void>((resolve) => {
      let bookmarks: Timer | undefined
      const watcher = this.#watcherFor(request, deliver, () => {
        bookmarks?.cancel()
        signal.removeEventListener('abort', onAbort)
        this.#watchers.delete(watcher, request.trigger)
        resolve()
      })
      const onAbort = () => watcher.end()
      signal.addEventListener('abort', onAbort, { once: true })
      this.#watchers.add(watcher, request.trigger)
      if (request.bookmarks) bookmarks = this.#scheduleBookmarks(watcher, request.timeoutMs)
      watcher.start()
    })
  }

  /** Throws 410 when its revision is no longer remembered. */
  #watcherFor(request: CacheWatchRequest, deliver: Deliver, onEnd: () => void): Watcher {
    const window = this.#window
    const { prefix, matches, initial } = request
    const isFromNow = request.fromRevision === 'newest' || request.fromRevision === 0
    const after = initial || isFromNow ? this.revision : (request.fromRevision as Revision)
    if (after < window.floor) throw expired(`too old resource version: ${after} (${window.floor})`)
    return new Watcher({
      window,
      prefix,
      matches,
      deliver,
      after,
      initial: initial ? this.list(prefix) : [],
      initialEnd: initial && request.initialEnd ? this.#bookmark(true) : undefined,
      position: window.positionAfter(after),
      onEnd,
      onBegun: request.onBegun,
    })
  }

  /** Gives the running timer, whose callback replaces it by the next one. */
  #scheduleBookmarks(watcher: Watcher, timeoutMs: number | undefined): Timer {
    const { clock } = this.#options
    const end =
      timeoutMs === undefined ? Number.POSITIVE_INFINITY : clock.monotonic() + timeoutMs - BEFORE_TIMEOUT_MS
    let timer: Timer | undefined
    const next = (): void => {
      const now = clock.monotonic()
      if (now >= end) return
      timer = clock.after(Math.min(BOOKMARK_MS, end - now), () => {
        watcher.bookmark(this.#bookmark(false))
        next()
      })
    }
    next()
    return { cancel: () => timer?.cancel() }
  }

  #bookmark(isInitialEnd: boolean): RegistryWatchEvent {
    const { apiVersion, kind } = this.#options
    const annotations = isInitialEnd && { annotations: { 'k8s.io/initial-events-end': 'true' } }
    return {
      type: 'BOOKMARK',
      object: { kind, apiVersion, metadata: { resourceVersion: String(this.revision), ...annotations } },
    }
  }

  /** Takes over a whole state; who watched the old one has to begin again. */
  #replace(kvs: readonly KeyValue[], revision: Revision): void {
    if (revision < this.revision) {
      throw new Error(
        `the store is at revision ${revision}, but was at ${this.revision} before: it lost writes`,
      )
    }
    const states = kvs.map((kv) => this.#unchanged(kv) ?? this.#decode(kv))
    this.#objects.clear()
    this.#indexes.clear()
    for (const state of states) if (state) this.#objects.set(state.key, state)
    this.#window = new EventWindow(revision)
    this.#counts.initializations++
    this.#watchers.endAll()
    this.#freshness.reached(revision)
  }

  #unchanged(kv: KeyValue): StoredObject | undefined {
    const known = this.#objects.get(kv.key)
    return known?.revision === kv.modRevision ? known : undefined
  }

  #apply(batch: WatchBatch): void {
    const now = this.#options.clock.monotonic()
    const firstPosition = this.#window.end
    const events: CacheEvent[] = []
    for (const change of batch.events) {
      if (change.kv.modRevision <= this.revision) continue
      const event = this.#change(change)
      if (!event) continue
      events.push(event)
      this.#window.push(event, now)
    }
    // readers are let in before watchers are told: who reacts to an event finds it in the cache
    this.#freshness.reached(Math.max(this.revision, batch.revision))
    this.#counts.received += batch.events.length
    if (events.length === 0) return
    this.#counts.dispatched += this.#watchers.size > 0 ? events.length : 0
    this.#watchers.dispatch(events, firstPosition)
  }

  #change({ type, kv }: StoreEvent): CacheEvent | undefined {
    const { key, modRevision: revision } = kv
    const previous = this.#objects.get(key)
    const current = type === 'put' ? this.#decode(kv) : undefined
    if (current) this.#objects.set(key, current)
    else this.#objects.delete(key)
    this.#indexes.change(previous, current)
    if (!previous && !current) return undefined
    const sizeBytes = EVENT_BYTES + kv.value.length
    return cacheEvent(
      { key, revision, sizeBytes, previous, current },
      this.#options.triggerOf,
      this.#options.atRevision,
    )
  }

  /** Upstream's reflector lists again until the value can be read, or is gone. */
  #break(error: TransformError): void {
    const { apiVersion, kind } = this.#options
    const { group } = parseApiVersion(apiVersion)
    const type = `*${group === '' ? 'core' : group.split('.')[0]}.${kind}`
    this.#watchers.endAll()
    this.#freshness.broken(new Error(`failed to list ${type}: ${error.message}`, { cause: error }))
  }

  /** What cannot be decoded is left out, so that one damaged object does not take its neighbours with it. */
  #decode(kv: KeyValue): StoredObject | undefined {
    this.#samples = Math.min(this.#samples + 1, SIZE_SAMPLES)
    this.#averageBytes += (kv.value.length - this.#averageBytes) / this.#samples
    try {
      return this.#options.decode(kv)
    } catch (error) {
      if (error instanceof TransformError) throw unreadable(kv.key, error)
      this.#options.log.error({ key: kv.key, error: String(error) }, 'a stored object cannot be decoded')
      return undefined
    }
  }
}
