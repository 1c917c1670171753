// A local, always current copy of one resource, fed by LIST and WATCH: what every component reads from.
//
// Components never ask the API server for what an informer holds, and never poll. Objects are frozen and
// shared: whoever wants to change one copies it first. Invariant: events of one object come in the order of
// its resourceVersions, and the store is updated before handlers are called.
// Upstream: client-go/tools/cache (Reflector, Store, SharedInformer)

import { apiVersionOf, type KubeObject, keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isExpired } from '#api/meta/status.ts'
import type { ResourceType } from '#api/resources.ts'
import type { Client, ListOptions } from '#client/client.ts'
import { InformerStore } from '#client/informer-store.ts'
import { ConnectionError, type WatchEvent } from '#client/transport.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export type Change<T> =
  | { readonly type: 'added'; readonly object: T }
  | { readonly type: 'updated'; readonly object: T; readonly previous: T }
  | { readonly type: 'deleted'; readonly object: T }

export interface Informer<T extends KubeObject> {
  readonly type: ResourceType<T>
  /** By `namespace/name` (or `name`). */
  get(key: ObjectKey): T | undefined
  /** All, or those of one namespace (from an index, not by scanning). */
  list(namespace?: string): readonly T[]
  /** Declares an index; before or after start. Asking for the same name twice keeps the first. */
  addIndex(name: string, valuesOf: (object: T) => readonly string[]): void
  byIndex(name: string, value: string): readonly T[]
  /** Calls `handler` for each change; a late handler first gets `added` for all that is there. Gives the way to stop. */
  onChange(handler: (change: Change<T>) => void): () => void
  hasSynced(): boolean
  /** Resolves when the first list has been delivered to the handlers; rejects when `signal` aborts before. */
  whenSynced(signal?: AbortSignal): Promise<void>
}

export interface InformerOptions {
  /** Only this namespace. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

export interface InformerDependencies {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
}

/** After a lost connection: first wait and longest wait. Short, because the API server is usually back at once. */
const RETRY_MIN_MS = 100
const RETRY_MAX_MS = 5_000
/** A watch is asked to end after 5 to 10 minutes, so that load spreads over several API servers. */
const WATCH_MIN_SECONDS = 300

/** An informer with the loop that feeds it; `run` resolves when `signal` has aborted. */
export interface RunnableInformer<T extends KubeObject> extends Informer<T> {
  run(signal: AbortSignal): Promise<void>
}

export function createInformer<T extends KubeObject>(
  type: ResourceType<T>,
  options: InformerOptions,
  dependencies: InformerDependencies,
): RunnableInformer<T> {
  const { clock, random, log } = dependencies
  const resource = dependencies.client.resource(type)
  const apiVersion = apiVersionOf(type.group, type.version)
  const store = new InformerStore<T>()
  const handlers = new Set<(change: Change<T>) => void>()
  let markSynced: () => void = () => undefined
  const synced = new Promise<void>((resolve) => (markSynced = resolve))
  let hasSynced = false
  let resourceVersion = ''

  function notify(change: Change<T>): void {
    for (const handler of handlers) handler(change)
  }

  function put(object: T): void {
    const previous = store.put(object)
    if (!previous) notify({ type: 'added', object })
    else if (previous.metadata?.uid !== object.metadata?.uid) {
      // Deleted and created again while nobody watched: two objects, so two changes.
      notify({ type: 'deleted', object: previous })
      notify({ type: 'added', object })
    } else if (previous.metadata?.resourceVersion !== object.metadata?.resourceVersion) {
      notify({ type: 'updated', object, previous })
    }
  }

  function remove(key: ObjectKey, last?: T): void {
    const previous = store.delete(key)
    if (previous) notify({ type: 'deleted', object: last ?? previous })
  }

  async function relist(signal: AbortSignal): Promise<void> {
    const list = await resource.list({ ...options, resourceVersion: '0' } satisfies ListOptions, signal)
    const present = new Set<ObjectKey>()
    for (const item of list.items) present.add(keyOf(item))
    for (const key of [...store.keys()]) if (!present.has(key)) remove(key)
    for (const item of list.items) put(frozen(withKind(item, apiVersion, type.kind)))
    resourceVersion = list.metadata.resourceVersion ?? ''
    if (!hasSynced) {
      hasSynced = true
      markSynced()
    }
  }

  function onEvent(event: WatchEvent): void {
    const object = frozen(event.object) as unknown as T
    if (event.type === 'DELETED') remove(keyOf(object), object)
    else if (event.type !== 'BOOKMARK') put(object)
    resourceVersion = object.metadata?.resourceVersion ?? resourceVersion
  }

  function watchOnce(signal: AbortSignal): Promise<void> {
    const timeoutSeconds = Math.floor(WATCH_MIN_SECONDS * (1 + random.next()))
    return resource.watch(
      { ...options, resourceVersion, allowWatchBookmarks: true, timeoutSeconds },
      onEvent,
      signal,
    )
  }

  /** A lost connection is part of life; what the server refuses will not mend itself, and somebody has to know. */
  function report(error: unknown): void {
    const fields = { resource: type.resource, error: String(error) }
    if (error instanceof ConnectionError) log.debug(fields, 'watch broke, trying again')
    else log.warn(fields, 'cannot watch, trying again')
  }

  async function run(signal: AbortSignal): Promise<void> {
    let retryMs = RETRY_MIN_MS
    while (!signal.aborted) {
      try {
        if (resourceVersion === '') await relist(signal)
        const began = clock.monotonic()
        await watchOnce(signal)
        // A server that ends watches as soon as they begin must not be asked in a tight loop.
        if (clock.monotonic() - began < RETRY_MAX_MS) await clock.sleep(retryMs, signal)
        retryMs = RETRY_MIN_MS
      } catch (error) {
        if (signal.aborted) break
        if (isExpired(error)) resourceVersion = ''
        else report(error)
        await clock.sleep(retryMs * (0.5 + random.next()), signal).catch(() => undefined)
        retryMs = Math.min(RETRY_MAX_MS, retryMs * 2)
      }
    }
  }

  return {
    type,
    get: (key) => store.get(key),
    list: (namespace) => store.list(namespace),
    addIndex: (name, valuesOf) => store.addIndex(name, valuesOf),
    byIndex: (name, value) => store.byIndex(name, value),
    hasSynced: () => hasSynced,
    whenSynced: (signal) => unlessAborted(synced, signal),
    onChange(handler) {
      handlers.add(handler)
      for (const object of store.list()) handler({ type: 'added', object })
      return () => handlers.delete(handler)
    },
    run,
  }
}

/** Items of a LIST carry no apiVersion and kind; whoever gets one from an informer may rely on them. */
function withKind<T extends KubeObject>(item: T, apiVersion: string, kind: string): T {
  return item.kind ? item : { apiVersion, kind, ...item }
}

/** Freezes to the depth; what is frozen at the top is frozen below, so shared objects cost nothing again. */
function frozen<V>(value: V): V {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  Object.freeze(value)
  for (const part of Object.values(value)) frozen(part)
  return value
}

/** `promise`, or a rejection when `signal` aborts first. */
function unlessAborted(promise: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  if (!signal) return promise
  return new Promise((resolve, reject) => {
    const onAbort = () => reject(signal.reason)
    if (signal.aborted) return onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    promise.then(() => {
      signal.removeEventListener('abort', onAbort)
      resolve()
    }, reject)
  })
}
