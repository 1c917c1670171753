// TEMP reader straight on the store until the watch cache arrives.
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { expired } from '#api/meta/status.ts'
import { prefixOf } from '#apiserver/registry/catalog.ts'
import type { ObjectStore } from '#apiserver/registry/object-store.ts'
import type { Deliver, RegistryWatchEvent } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { CompactedError, type KeyValue, prefixEnd, type Store } from '#store/store.ts'

export interface WatchCache {
  waitFor(revision: number | 'newest'): Promise<number>
  list(prefix: string, matches?: (object: JsonObject) => boolean): Promise<StoredObject[]>
  get(key: string): Promise<StoredObject | undefined>
  watch(
    request: {
      prefix: string
      matches?: (o: JsonObject) => boolean
      fromRevision: number
      initial: boolean
      bookmarks: boolean
      initialEnd: boolean
    },
    deliver: Deliver,
    signal: AbortSignal,
  ): Promise<void>
}

export function directReader(
  store: Store,
  objects: ObjectStore,
  kind: KindDefinition,
  decode: (kv: KeyValue) => StoredObject,
): WatchCache {
  return {
    waitFor: async () => store.currentRevision(),
    async list(prefix, matches) {
      const { items } = await objects.range(kind, {
        start: prefix,
        end: prefixEnd(prefix),
        limit: 0,
        revision: 0,
      })
      return matches ? items.filter((i) => matches(i.object)) : [...items]
    },
    get: (key) => objects.read(kind, key),
    async watch(request, deliver, signal) {
      let from = request.fromRevision + 1
      if (request.initial) {
        const { items, revision } = await objects.range(kind, {
          start: request.prefix,
          end: prefixEnd(request.prefix),
          limit: 0,
          revision: 0,
        })
        const events: RegistryWatchEvent[] = items
          .filter((i) => request.matches?.(i.object) ?? true)
          .map((i) => ({ type: 'ADDED', object: i.object, bytes: i.bytes }))
        if (request.initialEnd)
          events.push({
            type: 'BOOKMARK',
            object: {
              kind: kind.kind,
              apiVersion: kind.storageVersion,
              metadata: {
                resourceVersion: String(revision),
                annotations: { 'k8s.io/initial-events-end': 'true' },
              },
            },
          })
        await deliver(events)
        from = revision + 1
      }
      await new Promise<void>((resolve, reject) => {
        void store.watch({
          start: request.prefix,
          end: prefixEnd(request.prefix),
          fromRevision: from,
          signal,
          onBatch(batch) {
            const out: RegistryWatchEvent[] = []
            for (const e of batch.events) {
              const m = request.matches ?? (() => true)
              const prev = e.previous && decode(e.previous)
              const was = prev && m(prev.object)
              if (e.type === 'delete') {
                if (prev && was) {
                  const d = decode({ ...e.previous!, modRevision: e.kv.modRevision })
                  out.push({ type: 'DELETED', object: d.object, bytes: d.bytes })
                }
                continue
              }
              const now = decode(e.kv)
              const is = m(now.object)
              if (is) out.push({ type: was ? 'MODIFIED' : 'ADDED', object: now.object, bytes: now.bytes })
              else if (was) {
                const d = decode({ ...e.previous!, modRevision: e.kv.modRevision })
                out.push({ type: 'DELETED', object: d.object, bytes: d.bytes })
              }
            }
            if (out.length > 0) void deliver(out)
          },
          onEnd: (error) =>
            error instanceof CompactedError
              ? reject(expired(`too old resource version: ${from} (${error.compactRevision})`))
              : error
                ? reject(error)
                : resolve(),
        })
      })
    },
  }
}
export const prefixFor = prefixOf
