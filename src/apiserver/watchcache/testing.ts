// A watch cache over a store in memory, and what tests do with it.

import assert from 'node:assert/strict'
import type { JsonObject } from '#api/meta/object.ts'
import type { RegistryWatchEvent } from '#apiserver/registry/results.ts'
import { type StoredObject, storedObject } from '#apiserver/registry/stored-object.ts'
import { atRevision } from '#apiserver/watchcache/caches.ts'
import { createWatchCache } from '#apiserver/watchcache/resource-cache.ts'
import type { CacheWatchRequest, WatchCache } from '#apiserver/watchcache/watch-cache.ts'
import { text, write } from '#store/contract.ts'
import { openEmbeddedStore } from '#store/embedded/embedded-store.ts'
import type { KeyValue, Store } from '#store/store.ts'
import { type FakeClock, fakeClock } from '#sys/fake-clock.ts'
import { silentLogger } from '#sys/log.ts'

export const PREFIX = '/registry/things/'

export interface World {
  readonly store: Store
  readonly clock: FakeClock
  readonly cache: WatchCache
  /** Writes `color` of the thing `key`; undefined deletes it. Gives the revision. */
  set(key: string, color: string | undefined): Promise<number>
  decoded: number
}

function decodeThing(world: { decoded: number }, kv: KeyValue): StoredObject {
  world.decoded++
  const spec = JSON.parse(text(kv.value)) as JsonObject
  const metadata = { name: kv.key.split('/').at(-1), resourceVersion: String(kv.modRevision) }
  return storedObject(
    kv.key,
    Object.freeze({ kind: 'Thing', apiVersion: 'v1', metadata, spec }),
    kv.modRevision,
  )
}

/** A running cache over a store in memory, and what it takes to use it. */
export async function withCache(
  run: (world: World) => Promise<void>,
  wrap = (store: Store): Store => store,
): Promise<void> {
  const clock = fakeClock()
  const store = await openEmbeddedStore({ clock })
  const controller = new AbortController()
  const counter = { decoded: 0 }
  const cache = createWatchCache({
    store: wrap(store),
    prefix: PREFIX,
    clock,
    log: silentLogger,
    apiVersion: 'v1',
    kind: 'Thing',
    decode: (kv) => decodeThing(counter, kv),
    atRevision,
    triggerOf: colorOf,
  })
  const set = (key: string, color: string | undefined): Promise<number> =>
    write(store, PREFIX + key, color === undefined ? undefined : JSON.stringify({ color }))
  const running = cache.run(controller.signal)
  try {
    await run({
      store,
      clock,
      cache,
      set,
      get decoded() {
        return counter.decoded
      },
    })
  } finally {
    controller.abort()
    await running
    await store.close()
  }
  assert.equal(clock.pendingCount(), 0, 'timers are left behind')
}

export const colorOf = (object: JsonObject): string => (object['spec'] as { color: string }).color
export const isRed = (object: JsonObject): boolean => colorOf(object) === 'red'

export interface Watching {
  readonly events: RegistryWatchEvent[]
  readonly lines: string[]
  /** While true, the receiver says that it is full. */
  isFull: boolean
  release(): void
  readonly ended: Promise<void>
  stop(): Promise<void>
}

export function watching(world: World, request: Partial<CacheWatchRequest>): Watching {
  const controller = new AbortController()
  const events: RegistryWatchEvent[] = []
  const lines: string[] = []
  let release: () => void = () => undefined
  const watch: Watching = {
    events,
    lines,
    isFull: false,
    release: () => release(),
    ended: world.cache.watch(
      { prefix: PREFIX, fromRevision: 0, initial: false, bookmarks: false, initialEnd: false, ...request },
      (batch) => {
        for (const event of batch) {
          events.push(event)
          lines.push(lineOf(event))
        }
        return watch.isFull ? new Promise<void>((resolve) => (release = resolve)) : undefined
      },
      controller.signal,
    ),
    async stop() {
      controller.abort()
      await watch.ended
    },
  }
  return watch
}

/** `ADDED a red @2`, `BOOKMARK @7 end`. */
function lineOf({ type, object }: RegistryWatchEvent): string {
  const metadata = object['metadata'] as { name?: string; resourceVersion: string; annotations?: object }
  if (type === 'BOOKMARK') return `BOOKMARK @${metadata.resourceVersion}${metadata.annotations ? ' end' : ''}`
  return `${type} ${metadata.name} ${colorOf(object)} @${metadata.resourceVersion}`
}

export const namesOf = (cache: WatchCache, matches?: (object: JsonObject) => boolean): string[] =>
  cache.list(PREFIX, matches).map(({ key }) => key.slice(PREFIX.length))
