// The watch cache of one resource: every object once, decoded and frozen, and the events of the last minutes.
//
// store ─▶ **watch cache** ─▶ get, list and watch of the registry. It lists its prefix once, follows it by one watch
// of the store, and serves any number of clients from that: what a client costs does not reach the store.
// Invariants: `revision` never goes back; the objects are the store's state at exactly that revision; every watcher
// sees each change once, in order, or is ended.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/cacher

import type { JsonObject } from '#api/meta/object.ts'
import type { ObjectRange } from '#apiserver/registry/object-store.ts'
import type { Deliver } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import type { KeyValue, Revision, Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface WatchCacheOptions {
  readonly store: Store
  /** The keys of the resource, ending in a slash: `/registry/pods/`. */
  readonly prefix: string
  readonly clock: Clock
  readonly log: Logger
  /** apiVersion and kind of the bookmarks. */
  readonly apiVersion: string
  readonly kind: string
  /** Makes an object of a stored value: decoded, defaulted, with its resourceVersion (modRevision), frozen. */
  decode(kv: KeyValue): StoredObject
  /** The same object at another revision: the last state of a deleted object carries that of its deletion. */
  atRevision(state: StoredObject, revision: Revision): StoredObject
  /** The field by which most watchers select (`spec.nodeName` of pods): events reach only those whose value it is. */
  triggerOf?(object: JsonObject): string
}

export interface CacheWatchRequest {
  /** The resource's prefix, or that of one namespace. */
  readonly prefix: string
  /** Absent: everything under the prefix. */
  readonly matches?: (object: JsonObject) => boolean
  /** The value of the trigger field that `matches` asks for, where it asks for one. */
  readonly trigger?: string
  /**
   * Events after this revision. 0: from now, whatever the cache has; 'newest': from the store's revision at the call.
   * With `initial`, how new the initial state must be at least.
   */
  readonly fromRevision: Revision | 'newest'
  /** Begins with the current state as ADDED events. */
  readonly initial: boolean
  /** Sends a bookmark about each minute, and shortly before `timeoutMs`. */
  readonly bookmarks: boolean
  /** Ends the initial state with a bookmark that is annotated `k8s.io/initial-events-end`. */
  readonly initialEnd: boolean
  /** When the caller is going to abort; only for the bookmark before that. */
  readonly timeoutMs?: number
  /** Called when the initial state has been sent. */
  readonly onBegun?: () => void
}

/** One value that all wanted objects have in common, by which they are found in an index and not by looking at each. */
export interface Narrow {
  /** What is compared: `label app`, `field spec.nodeName`. The same name stands for the same `valueIn`. */
  readonly name: string
  readonly value: string
  valueIn(object: JsonObject): string | undefined
}

/** What a cache has done and holds, for the metrics. */
export interface CacheStats {
  readonly objects: number
  readonly revision: Revision
  /** Events that it remembers. */
  readonly remembered: number
  /** Events from the store since the start, and those of them that reached watchers. */
  readonly received: number
  readonly dispatched: number
  /** How often it was filled. */
  readonly initializations: number
}

export interface WatchCache {
  stats(): CacheStats
  /** The revision that the cache is at; 0 before its first list. */
  readonly revision: Revision
  /** Whether the first list has been made. */
  readonly isReady: boolean
  /** Whether it has lost its state over a value that it cannot read: the store itself has to be asked. */
  readonly isBroken: boolean
  /** Follows the store until `signal` aborts; resolves when it has stopped. Never rejects: it tries again. */
  run(signal: AbortSignal): Promise<void>
  /**
   * Resolves when the cache is at `revision` or beyond ('newest': the store's revision at the call; 0: whatever it
   * has, once it is ready), with the revision that it is at. Rejects with 504 `Timeout` (too large resource version)
   * after three seconds, and with 503 when the store cannot be reached.
   */
  waitFor(revision: Revision | 'newest', signal?: AbortSignal): Promise<Revision>
  /** The object under a key, as of `revision`. Call `waitFor` first; both in one turn give one consistent answer. */
  get(key: string): StoredObject | undefined
  /** How many objects there are, and about how large one is as JSON: the mean of those that came last. */
  size(): { readonly objects: number; readonly averageBytes: number }
  /** The objects under a prefix, in the order of their keys, as of `revision`; `narrow` is part of what `matches` asks. */
  list(prefix: string, matches?: (object: JsonObject) => boolean, narrow?: Narrow): StoredObject[]
  /** At most `limit` (0: all) objects from a key on, as of `revision`, and what the store would say of the range. */
  range(request: { readonly start: string; readonly end: string; readonly limit: number }): ObjectRange
  /** Whether the resource is now as it was at `revision`. False when that is too long ago to be known. */
  isUnchangedSince(revision: Revision): boolean
  /**
   * Delivers events in order until `signal` aborts or the watcher has fallen too far behind (resolves). Rejects with
   * 410 `Expired` when `fromRevision` lies before what the cache remembers, and as `waitFor` does.
   */
  watch(request: CacheWatchRequest, deliver: Deliver, signal: AbortSignal): Promise<void>
}
