// The watch caches of a server, one for each storage, each begun when somebody first asks for it.
//
// Two resources that are one storage under two names (events) share a cache, and bookmarks in the stored version.

import { setMaxListeners } from 'node:events'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { prefixOf, storedApiVersionOf } from '#apiserver/registry/catalog.ts'
import { type StoredObject, storedObject } from '#apiserver/registry/stored-object.ts'
import { createWatchCache } from '#apiserver/watchcache/resource-cache.ts'
import type { WatchCache } from '#apiserver/watchcache/watch-cache.ts'
import type { KeyValue, Revision, Store } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface WatchCachesOptions {
  /** The store as a kind sees it. */
  storeOf(kind: KindDefinition): Store
  readonly clock: Clock
  readonly log: Logger
  /** Makes an object of a stored value: decoded, defaulted, with its resourceVersion, frozen. */
  decode(kind: KindDefinition, kv: KeyValue): StoredObject
}

export interface WatchCaches {
  of(kind: KindDefinition): WatchCache
  /** The cache of a kind that somebody has asked for before. */
  begun(kind: KindDefinition): WatchCache | undefined
  /** Ends the cache of a storage and its watches; who asks next begins another. For kinds that have changed. */
  drop(kind: KindDefinition): void
  /** Stops all of them; resolves when they have. */
  close(): Promise<void>
}

/** The field by which a thousand watchers of one resource tell their objects apart. */
const TRIGGERS: Readonly<Record<string, string>> = { '/pods': 'spec.nodeName' }

/** The field selector that finds its watchers by value, where the resource has one. */
export const triggerFieldOf = (kind: KindDefinition): string | undefined =>
  TRIGGERS[`${kind.group}/${kind.resource}`]

/** Versions between which a webhook converts have a cache each; others share that of their storage. */
const cacheOf = (kind: KindDefinition): string =>
  kind.custom?.conversion ? `${prefixOf(kind)}${kind.versions[0]}` : prefixOf(kind)

interface Running {
  readonly cache: WatchCache
  stop(): void
  readonly ended: Promise<void>
}

export function createWatchCaches(options: WatchCachesOptions): WatchCaches {
  const controller = new AbortController()
  // one cache a resource listens to it
  setMaxListeners(0, controller.signal)
  const caches = new Map<string, Running>()

  function begin(kind: KindDefinition): Running {
    const trigger = triggerFieldOf(kind)
    const triggerOf = trigger === undefined ? undefined : kind.selectableFields?.[trigger]
    const prefix = prefixOf(kind)
    const cache = createWatchCache({
      store: options.storeOf(kind),
      prefix,
      clock: options.clock,
      log: options.log.child({ cache: prefix }),
      apiVersion: storedApiVersionOf(kind),
      kind: kind.kind,
      decode: (kv) => options.decode(kind, kv),
      atRevision,
      ...(triggerOf && { triggerOf }),
    })
    const own = new AbortController()
    const stop = (): void => own.abort()
    controller.signal.addEventListener('abort', stop, { once: true })
    const ended = cache.run(own.signal)
    return { cache, stop, ended }
  }

  return {
    of(kind) {
      const id = cacheOf(kind)
      let running = caches.get(id)
      if (!running) {
        running = begin(kind)
        caches.set(id, running)
      }
      return running.cache
    },
    drop(kind) {
      const id = cacheOf(kind)
      caches.get(id)?.stop()
      caches.delete(id)
    },
    begun: (kind) => caches.get(cacheOf(kind))?.cache,
    async close() {
      controller.abort()
      await Promise.all([...caches.values()].map(({ ended }) => ended))
    },
  }
}

/** The same object with another resourceVersion; the rest is shared. */
export function atRevision({ key, object }: StoredObject, revision: Revision): StoredObject {
  const metadata = Object.freeze({ ...(object['metadata'] as ObjectMeta), resourceVersion: String(revision) })
  const copy: JsonObject = { ...object, metadata }
  return storedObject(key, Object.freeze(copy), revision)
}
