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
  readonly store: Store
  readonly clock: Clock
  readonly log: Logger
  /** Makes an object of a stored value: decoded, defaulted, with its resourceVersion, frozen. */
  decode(kind: KindDefinition, kv: KeyValue): StoredObject
}

export interface WatchCaches {
  of(kind: KindDefinition): WatchCache
  /** The cache of a kind that somebody has asked for before. */
  begun(kind: KindDefinition): WatchCache | undefined
  /** Stops all of them; resolves when they have. */
  close(): Promise<void>
}

/** The field by which a thousand watchers of one resource tell their objects apart. */
const TRIGGERS: Readonly<Record<string, string>> = { '/pods': 'spec.nodeName' }

/** The field selector that finds its watchers by value, where the resource has one. */
export const triggerFieldOf = (kind: KindDefinition): string | undefined =>
  TRIGGERS[`${kind.group}/${kind.resource}`]

export function createWatchCaches(options: WatchCachesOptions): WatchCaches {
  const controller = new AbortController()
  // one cache a resource listens to it
  setMaxListeners(0, controller.signal)
  const caches = new Map<string, WatchCache>()
  const running: Promise<void>[] = []

  function begin(kind: KindDefinition, prefix: string): WatchCache {
    const trigger = triggerFieldOf(kind)
    const triggerOf = trigger === undefined ? undefined : kind.selectableFields?.[trigger]
    const cache = createWatchCache({
      store: options.store,
      prefix,
      clock: options.clock,
      log: options.log.child({ cache: prefix }),
      apiVersion: storedApiVersionOf(kind),
      kind: kind.kind,
      decode: (kv) => options.decode(kind, kv),
      atRevision,
      ...(triggerOf && { triggerOf }),
    })
    running.push(cache.run(controller.signal))
    return cache
  }

  return {
    of(kind) {
      const prefix = prefixOf(kind)
      let cache = caches.get(prefix)
      if (!cache) {
        cache = begin(kind, prefix)
        caches.set(prefix, cache)
      }
      return cache
    },
    begun: (kind) => caches.get(prefixOf(kind)),
    async close() {
      controller.abort()
      await Promise.all(running)
    },
  }
}

/** The same object with another resourceVersion; the rest is shared. */
export function atRevision({ key, object }: StoredObject, revision: Revision): StoredObject {
  const metadata = Object.freeze({ ...(object['metadata'] as ObjectMeta), resourceVersion: String(revision) })
  const copy: JsonObject = { ...object, metadata }
  return storedObject(key, Object.freeze(copy), revision)
}
