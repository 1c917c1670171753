// The durable state of the embedded store: what every key was at every revision that is not compacted.
//
// Reads see only what is committed. Invariant: `apply` and `compact` are called by the commit queue alone, in order.
// Upstream: etcd's server/mvcc/kvstore.go

import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Backend, LogRecord, PendingWrite, State } from '#store/embedded/backend.ts'
import { KeyIndex } from '#store/embedded/key-index.ts'
import {
  CompactedError,
  FutureRevisionError,
  type KeyValue,
  type RangeRequest,
  type RangeResponse,
  type Revision,
} from '#store/store.ts'

/** A write, with what it replaced. */
export interface Change extends LogRecord {
  readonly previous: State | undefined
}

const EMPTY = new Uint8Array()
/** A range reads so many values before it lets others run. */
const VALUES_A_TURN = 500

export class Mvcc {
  readonly #backend: Backend
  readonly #index = new KeyIndex()
  /** Everything after the last compaction, in order. */
  #log: Change[] = []
  #revision: Revision
  #compactRevision: Revision
  /** Ranges that are still fetching values: nothing is removed under them. */
  readonly #reading = new Set<Promise<unknown>>()
  /** States that a compaction left behind when the process ended in between. */
  readonly leftovers: State[] = []

  constructor(backend: Backend, onLoad: (record: LogRecord) => void) {
    this.#backend = backend
    const loaded = backend.load()
    this.#revision = loaded.revision
    this.#compactRevision = loaded.compactRevision
    const compacted = new Set<string>()
    for (const { key, state } of loaded.records) {
      if (state.revision > this.#revision)
        throw new Error(`its log is damaged: it goes beyond revision ${this.#revision}`)
      const previous = this.#index.append(key, state)
      onLoad({ key, state })
      if (state.revision > this.#compactRevision) this.#log.push({ key, state, previous })
      else if (previous || state.version === 0) compacted.add(key)
    }
    for (const key of compacted) this.leftovers.push(...this.#index.compact(key, this.#compactRevision))
  }

  get revision(): Revision {
    return this.#revision
  }

  get compactRevision(): Revision {
    return this.#compactRevision
  }

  /** The newest state of a key, undefined when there is none or it is deleted. */
  newest(key: string): State | undefined {
    const state = this.#index.newest(key)
    return state?.version === 0 ? undefined : state
  }

  /** A state with its value; undefined when it has been compacted away. */
  read(key: string, state: State): KeyValue | undefined {
    const value = this.#backend.value(state)
    return value && keyValue(key, state, value)
  }

  /** Makes writes visible; gives them with what they replaced. */
  apply(writes: readonly PendingWrite[], revision: Revision): Change[] {
    const changes = writes.map(({ key, state }) => ({ key, state, previous: this.#index.append(key, state) }))
    for (const change of changes) this.#log.push(change)
    this.#revision = revision
    return changes
  }

  /** Changes from a revision on: whole revisions, about `limit` changes. */
  changesFrom(revision: Revision, limit: number): { changes: Change[]; revision: Revision } {
    let position = this.#positionOf(revision)
    const changes: Change[] = []
    let last = revision - 1
    for (; position < this.#log.length; position++) {
      const change = this.#log[position]!
      if (changes.length >= limit && change.state.revision !== last) return { changes, revision: last }
      changes.push(change)
      last = change.state.revision
    }
    return { changes, revision: this.#revision }
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    const at = request.revision || this.#revision
    if (at > this.#revision) throw new FutureRevisionError()
    if (at < this.#compactRevision) throw new CompactedError(this.#compactRevision)
    const revision = this.#revision
    const limit = request.limit || Number.POSITIVE_INFINITY
    const found: LogRecord[] = []
    let count = 0
    for (const record of this.#index.range(request.start, request.end, at)) {
      if (!request.countOnly && count < limit) found.push(record)
      count++
    }
    const fetched = request.keysOnly
      ? found.map(({ key, state }) => keyValue(key, state, EMPTY))
      : await this.#fetch(found)
    return { kvs: fetched, count, more: !request.countOnly && count > fetched.length, revision }
  }

  async #fetch(records: readonly LogRecord[]): Promise<KeyValue[]> {
    if (records.length <= VALUES_A_TURN) return records.map((record) => this.#fetchOne(record))
    const fetching = this.#fetchInTurns(records)
    this.#reading.add(fetching)
    try {
      return await fetching
    } finally {
      this.#reading.delete(fetching)
    }
  }

  async #fetchInTurns(records: readonly LogRecord[]): Promise<KeyValue[]> {
    const kvs: KeyValue[] = []
    for (const record of records) {
      kvs.push(this.#fetchOne(record))
      if (kvs.length % VALUES_A_TURN === 0) await nextTurn()
    }
    return kvs
  }

  #fetchOne({ key, state }: LogRecord): KeyValue {
    const kv = this.read(key, state)
    if (!kv) throw new Error(`the store has lost the value of ${key} at revision ${state.revision}`)
    return kv
  }

  /** Forgets what lies below `revision`; gives the states whose values may be removed. */
  compact(revision: Revision): State[] {
    this.#compactRevision = revision
    const end = this.#positionOf(revision + 1)
    const keys = new Set<string>()
    for (let position = 0; position < end; position++) keys.add(this.#log[position]!.key)
    this.#log = this.#log.slice(end)
    const dropped: State[] = []
    for (const key of keys) for (const state of this.#index.compact(key, revision)) dropped.push(state)
    return dropped
  }

  /** Resolves when no range reads states that were dropped before the call. */
  async readersDone(): Promise<void> {
    await Promise.allSettled([...this.#reading])
  }

  /** The position of the first change at or after a revision. */
  #positionOf(revision: Revision): number {
    let low = 0
    let high = this.#log.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.#log[middle]!.state.revision < revision) low = middle + 1
      else high = middle
    }
    return low
  }
}

export function keyValue(key: string, state: State, value: Uint8Array): KeyValue {
  return {
    key,
    value,
    createRevision: state.createRevision,
    modRevision: state.revision,
    version: state.version,
    lease: state.lease,
  }
}
