// A store that lives in memory: for tests, where a cluster's state may end with the process.
//
// The same model as the durable ones: every key keeps its history until it is compacted, so that reads at a revision
// and watches from one work. Invariant: a transaction is applied within one turn of the event loop, and watchers get
// it in the same turn, in order.

import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  LeaseNotFoundError,
  type Op,
  type RangeRequest,
  type RangeResponse,
  type Store,
  type StoreEvent,
  StoreUnavailableError,
  type TxnRequest,
  type TxnResponse,
  type WatchRequest,
} from '#store/store.ts'
import type { Clock, Timer } from '#sys/clock.ts'

/** One state of a key; without `kv` it was deleted at `revision`. */
interface State {
  readonly revision: number
  readonly kv: KeyValue | undefined
}

interface Lease {
  ttlSeconds: number
  timer: Timer
}

/** Makes an empty store. `clock` drives its leases. */
export function createMemoryStore(clock: Clock): Store {
  let revision = 1
  let compacted = 0
  let isClosed = false
  let nextLease = 1
  /** All keys that ever were (and are not compacted away), sorted. */
  const keys: string[] = []
  const histories = new Map<string, State[]>()
  const log: StoreEvent[][] = []
  const watches = new Set<WatchRequest>()
  const leases = new Map<number, Lease>()

  function assertOpen(): void {
    if (isClosed) throw new StoreUnavailableError('the store is closed')
  }

  const current = (key: string): KeyValue | undefined => histories.get(key)?.at(-1)?.kv

  function at(key: string, wanted: number): KeyValue | undefined {
    const history = histories.get(key)
    if (!history) return undefined
    for (let i = history.length - 1; i >= 0; i--) if (history[i]!.revision <= wanted) return history[i]!.kv
    return undefined
  }

  function position(key: string): number {
    let low = 0
    let high = keys.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (keys[middle]! < key) low = middle + 1
      else high = middle
    }
    return low
  }

  function record(key: string, state: State): void {
    const history = histories.get(key)
    if (history) history.push(state)
    else {
      histories.set(key, [state])
      keys.splice(position(key), 0, key)
    }
  }

  function range(request: RangeRequest): RangeResponse {
    const wanted = request.revision || revision
    if (wanted > revision) throw new FutureRevisionError()
    if (wanted < compacted) throw new CompactedError(compacted)
    const kvs: KeyValue[] = []
    let count = 0
    const limit = request.limit || Number.POSITIVE_INFINITY
    for (let i = position(request.start); i < keys.length; i++) {
      const key = keys[i]!
      if (request.end === undefined ? key !== request.start : key >= request.end) break
      const kv = at(key, wanted)
      if (!kv) continue
      count++
      if (!request.countOnly && kvs.length < limit)
        kvs.push(request.keysOnly ? { ...kv, value: new Uint8Array() } : kv)
    }
    return { kvs, count, more: count > kvs.length && !request.countOnly, revision }
  }

  function apply(ops: readonly Op[]): { responses: (KeyValue | undefined)[]; events: StoreEvent[] } {
    const next = revision + 1
    const events: StoreEvent[] = []
    const responses = ops.map((op) => {
      const previous = current(op.key)
      if (op.type === 'get') return previous
      if (op.type === 'delete') {
        if (!previous) return undefined
        record(op.key, { revision: next, kv: undefined })
        const kv = { ...previous, value: new Uint8Array(), modRevision: next, version: 0 }
        events.push({ type: 'delete', kv, previous })
        return previous
      }
      if (op.lease && !leases.has(op.lease)) throw new LeaseNotFoundError()
      const kv: KeyValue = {
        key: op.key,
        value: op.value,
        createRevision: previous?.createRevision ?? next,
        modRevision: next,
        version: (previous?.version ?? 0) + 1,
        lease: op.lease ?? 0,
      }
      record(op.key, { revision: next, kv })
      events.push({ type: 'put', kv, ...(previous && { previous }) })
      return previous
    })
    return { responses, events }
  }

  function txn(request: TxnRequest): TxnResponse {
    const succeeded = request.compare.every(
      ({ key, modRevision }) => (current(key)?.modRevision ?? 0) === modRevision,
    )
    const { responses, events } = apply(succeeded ? request.success : (request.failure ?? []))
    if (events.length > 0) {
      revision++
      log.push(events)
      for (const watch of watches) deliver(watch, events, revision)
    }
    return { succeeded, revision, responses }
  }

  function deliver(watch: WatchRequest, events: readonly StoreEvent[], upTo: number): void {
    const matching = events.filter(({ kv }) =>
      watch.end === undefined ? kv.key === watch.start : kv.key >= watch.start && kv.key < watch.end,
    )
    if (matching.length > 0) watch.onBatch({ events: matching, revision: upTo })
  }

  function expire(id: number): void {
    leases.delete(id)
    const success = keys
      .filter((key) => current(key)?.lease === id)
      .map((key) => ({ type: 'delete', key }) as const)
    if (success.length > 0 && !isClosed) txn({ compare: [], success })
  }

  function leaseTimer(id: number, ttlSeconds: number): Timer {
    return clock.after(ttlSeconds * 1000, () => expire(id))
  }

  return {
    async range(request) {
      assertOpen()
      return range(request)
    },
    async txn(request) {
      assertOpen()
      return txn(request)
    },
    async watch(request) {
      assertOpen()
      const from = request.fromRevision ?? revision + 1
      if (from <= compacted) {
        queueMicrotask(() => request.onEnd(new CompactedError(compacted)))
        return
      }
      for (let r = from; r <= revision; r++) deliver(request, log[r - 2] ?? [], r)
      watches.add(request)
      const stop = () => {
        if (watches.delete(request)) request.onEnd(undefined)
      }
      if (request.signal.aborted) stop()
      else request.signal.addEventListener('abort', stop, { once: true })
    },
    async currentRevision() {
      assertOpen()
      for (const watch of watches) watch.onBatch({ events: [], revision })
      return revision
    },
    async compact(upTo) {
      assertOpen()
      if (upTo > revision) throw new FutureRevisionError()
      compacted = Math.max(compacted, upTo)
      for (const [key, history] of histories) {
        const keep = history.findLastIndex((state) => state.revision <= compacted)
        if (keep > 0) history.splice(0, keep)
        if (history.length === 1 && !history[0]!.kv && history[0]!.revision <= compacted) {
          histories.delete(key)
          keys.splice(position(key), 1)
        }
      }
      for (let r = 2; r <= compacted; r++) log[r - 2] = []
    },
    async grantLease(ttlSeconds) {
      assertOpen()
      const id = nextLease++
      leases.set(id, { ttlSeconds, timer: leaseTimer(id, ttlSeconds) })
      return id
    },
    async keepLeaseAlive(id) {
      const lease = leases.get(id)
      if (!lease) throw new LeaseNotFoundError()
      lease.timer.cancel()
      lease.timer = leaseTimer(id, lease.ttlSeconds)
      return lease.ttlSeconds
    },
    async revokeLease(id) {
      const lease = leases.get(id)
      if (!lease) throw new LeaseNotFoundError()
      lease.timer.cancel()
      expire(id)
    },
    async sizeBytes() {
      let size = 0
      for (const history of histories.values()) for (const { kv } of history) size += kv?.value.length ?? 0
      return size
    },
    async close() {
      isClosed = true
      for (const { timer } of leases.values()) timer.cancel()
      for (const watch of watches) watch.onEnd(undefined)
      watches.clear()
    },
  }
}
