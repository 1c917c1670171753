// The watches of the embedded store: each begins at a past revision, catches up in pieces, and then lives.
//
// ```
//   fromRevision ─▶ catching up: pieces of the log, one a turn ─▶ level with the store ─▶ live: batch by batch
// ```
// Invariant: a watch is live exactly when it has seen every revision up to the store's; both steps of the change from
// one to the other happen in one turn, so that nothing is missed or seen twice.
// Upstream: etcd's server/mvcc/watchable_store.go (unsynced and synced watchers)

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { PendingWrite } from '#store/embedded/backend.ts'
import { type Change, keyValue, type Mvcc } from '#store/embedded/mvcc.ts'
import {
  CompactedError,
  type KeyValue,
  type Revision,
  type StoreEvent,
  StoreUnavailableError,
  type WatchRequest,
} from '#store/store.ts'

/** So many changes are looked at in one turn of catching up. */
const PIECE = 256

const EMPTY = new Uint8Array()

interface Watcher {
  readonly request: WatchRequest
  /** The first revision that it has not seen. */
  next: Revision
  isLive: boolean
  end(error: Error | undefined): void
}

export class WatchHub {
  readonly #mvcc: Mvcc
  readonly #watchers = new Set<Watcher>()

  constructor(mvcc: Mvcc) {
    this.#mvcc = mvcc
  }

  get count(): number {
    return this.#watchers.size
  }

  add(request: WatchRequest): void {
    const next = request.fromRevision || this.#mvcc.revision + 1
    const watcher: Watcher = {
      request,
      next,
      isLive: next > this.#mvcc.revision,
      end: (error) => {
        if (!this.#watchers.delete(watcher)) return
        request.signal.removeEventListener('abort', onAbort)
        request.onEnd(error)
      },
    }
    const onAbort = () => watcher.end(undefined)
    this.#watchers.add(watcher)
    request.signal.addEventListener('abort', onAbort, { once: true })
    if (request.signal.aborted) onAbort()
    else if (!watcher.isLive) void this.#catchUp(watcher)
  }

  /** Tells all live watches of what has just become visible. */
  publish(changes: readonly Change[], writes: readonly PendingWrite[]): void {
    const { revision } = this.#mvcc
    const events = changes.map((change, position) => eventOf(this.#mvcc, change, writes[position]!.value))
    for (const watcher of [...this.#watchers]) if (watcher.isLive) deliver(watcher, events, revision)
  }

  close(): void {
    for (const watcher of [...this.#watchers]) watcher.end(new StoreUnavailableError('the store is closed'))
  }

  async #catchUp(watcher: Watcher): Promise<void> {
    while (this.#watchers.has(watcher)) {
      if (watcher.next > this.#mvcc.revision) {
        watcher.isLive = true
        return
      }
      if (watcher.next <= this.#mvcc.compactRevision) {
        await Promise.resolve()
        watcher.end(new CompactedError(this.#mvcc.compactRevision))
        return
      }
      const { changes, revision } = this.#mvcc.changesFrom(watcher.next, PIECE)
      const events = changes
        .filter(({ key }) => covers(watcher.request, key))
        .map((change) => eventOf(this.#mvcc, change, undefined))
      deliver(watcher, events, revision)
      await nextTurn()
    }
  }
}

function covers(request: WatchRequest, key: string): boolean {
  return request.end === undefined ? key === request.start : key >= request.start && key < request.end
}

function deliver(watcher: Watcher, events: readonly StoreEvent[], revision: Revision): void {
  const { request, next } = watcher
  const own = events.filter(({ kv }) => kv.modRevision >= next && covers(request, kv.key))
  watcher.next = Math.max(next, revision + 1)
  try {
    if (revision >= next) request.onBatch({ events: own, revision })
  } catch (error) {
    watcher.end(new Error('a watch was ended because its receiver failed', { cause: error }))
  }
}

function eventOf(mvcc: Mvcc, change: Change, value: Uint8Array | undefined): StoreEvent {
  const { key, state } = change
  const isDelete = state.version === 0
  const kv = isDelete
    ? keyValue(key, state, EMPTY)
    : value
      ? keyValue(key, state, value)
      : (mvcc.read(key, state) ?? keyValue(key, state, EMPTY))
  return new Event(isDelete ? 'delete' : 'put', kv, mvcc, change)
}

/** Reads the state before only for those who ask for it. */
class Event implements StoreEvent {
  readonly type: 'put' | 'delete'
  readonly kv: KeyValue
  readonly #mvcc: Mvcc
  readonly #change: Change

  constructor(type: 'put' | 'delete', kv: KeyValue, mvcc: Mvcc, change: Change) {
    this.type = type
    this.kv = kv
    this.#mvcc = mvcc
    this.#change = change
  }

  get previous(): KeyValue | undefined {
    const { key, previous } = this.#change
    return previous && previous.version !== 0 ? this.#mvcc.read(key, previous) : undefined
  }
}
