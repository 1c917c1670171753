// The embedded store: etcd's model in this process, on one file or in memory.
//
// ```
//   txn ─▶ commit-queue.ts ─▶ backend (disk) ─▶ mvcc.ts ─▶ watch-hub.ts ─▶ watches
//   range ────────────────────────────────────▶ mvcc.ts
// ```
// Watches hear of a write before its writer gets the answer. Upstream: etcd's server/etcdserver, server/mvcc

import type { Backend, Batch, PendingWrite, State } from '#store/embedded/backend.ts'
import { CommitQueue } from '#store/embedded/commit-queue.ts'
import { takeDataDirectory } from '#store/embedded/data-directory.ts'
import { Lessor } from '#store/embedded/lessor.ts'
import { openLmdbBackend } from '#store/embedded/lmdb-backend.ts'
import { createMemoryBackend } from '#store/embedded/memory-backend.ts'
import { Mvcc } from '#store/embedded/mvcc.ts'
import { WatchHub } from '#store/embedded/watch-hub.ts'
import {
  FutureRevisionError,
  MAX_REQUEST_BYTES,
  type Op,
  type RangeRequest,
  type RangeResponse,
  RequestTooLargeError,
  type Revision,
  type Store,
  StoreUnavailableError,
  type TxnRequest,
  type TxnResponse,
  type WatchRequest,
} from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

export interface EmbeddedStoreOptions {
  /** The directory of the data; absent: in memory, gone with the process. */
  readonly path?: string | undefined
  readonly clock: Clock
  /** Above this size only deletions and compactions are taken; default 2 GiB, as etcd. */
  readonly quotaBytes?: number
}

const DEFAULT_QUOTA_BYTES = 2 * 1024 ** 3
/** So many states are removed in one commit after a compaction. */
const REMOVES_A_COMMIT = 1000
const EMPTY = new Uint8Array()

/** Opens a store, making its directory where there is none; throws StoreUnavailableError where that fails. */
export async function openEmbeddedStore(options: EmbeddedStoreOptions): Promise<Store> {
  const { path, clock, quotaBytes = DEFAULT_QUOTA_BYTES } = options
  if (path === undefined) return new EmbeddedStore(createMemoryBackend(), clock, quotaBytes)
  const lock = await takeDataDirectory(path)
  try {
    const backend = openLmdbBackend(path)
    const close = async (): Promise<void> => {
      await backend.close()
      await lock.release()
    }
    return new EmbeddedStore({ ...backend, close }, clock, quotaBytes)
  } catch (error) {
    await lock.release()
    throw new StoreUnavailableError(`the data in ${path} cannot be opened: ${(error as Error).message}`, {
      cause: error,
    })
  }
}

export class EmbeddedStore implements Store {
  readonly #backend: Backend
  readonly #quotaBytes: number
  readonly #mvcc: Mvcc
  readonly #queue: CommitQueue
  readonly #hub: WatchHub
  readonly #lessor: Lessor
  #nextLease: number
  #size: number
  /** Compactions run one after the other. */
  #compacting: Promise<void> = Promise.resolve()
  #isClosed = false

  constructor(backend: Backend, clock: Clock, quotaBytes: number) {
    this.#backend = backend
    this.#quotaBytes = quotaBytes
    this.#lessor = new Lessor(clock, (id) => this.#expire(id))
    this.#mvcc = new Mvcc(backend, (record) => this.#lessor.track(record))
    this.#queue = new CommitQueue(backend, this.#mvcc, (batch) => this.#committed(batch))
    this.#hub = new WatchHub(this.#mvcc)
    this.#size = backend.sizeBytes()
    // ids are never given out twice: later than any of an earlier run
    this.#nextLease = clock.now()
    for (const lease of backend.load().leases) this.#lessor.put(lease)
    void this.#removeStates(this.#mvcc.leftovers).catch(() => undefined)
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    this.#assertOpen()
    return this.#mvcc.range(request)
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    this.#assertOpen()
    const { compare, success, failure = [] } = request
    const succeeded = compare.every(
      ({ key, modRevision }) => (this.#queue.newest(key)?.revision ?? 0) === modRevision,
    )
    const ops = succeeded ? success : failure
    const writes = ops.some((op) => op.type !== 'get')
    if (writes) this.#assertAcceptable(ops)
    const responses = ops.map((op) => this.#queue.read(op.key))
    // what was decided from a state that is not durable yet must wait until it is
    const isPending =
      compare.some(({ key }) => this.#queue.isPending(key)) || ops.some((op) => this.#queue.isPending(op.key))
    const changing = ops.filter(
      (op, position) => op.type === 'put' || (op.type === 'delete' && responses[position]),
    )
    if (changing.length > 0) this.#queue.write((revision) => this.#writesOf(changing, revision))
    else if (!isPending) return { succeeded, revision: this.#mvcc.revision, responses }
    const { revision } = this.#queue
    await this.#queue.durable()
    return { succeeded, revision, responses }
  }

  async watch(request: WatchRequest): Promise<void> {
    this.#assertOpen()
    this.#hub.add(request)
  }

  async currentRevision(): Promise<Revision> {
    this.#assertOpen()
    return this.#mvcc.revision
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen()
    if (revision > this.#mvcc.revision) throw new FutureRevisionError()
    const compacted = this.#compacting.then(() => this.#compact(revision))
    this.#compacting = compacted.catch(() => undefined)
    await compacted
  }

  async #compact(revision: Revision): Promise<void> {
    if (revision <= this.#mvcc.compactRevision) return
    this.#queue.compact(revision)
    await this.#queue.durable()
    const dropped = this.#mvcc.compact(revision)
    await this.#mvcc.readersDone()
    await this.#removeStates(dropped)
  }

  async grantLease(ttlSeconds: number): Promise<number> {
    this.#assertOpen()
    const lease = this.#lessor.make(Math.max(1, Math.ceil(ttlSeconds)), this.#nextLease++)
    this.#queue.putLease(lease, () => this.#lessor.delete(lease.id))
    this.#lessor.put(lease)
    await this.#queue.durable()
    return lease.id
  }

  async keepLeaseAlive(id: number): Promise<number> {
    this.#assertOpen()
    const before = this.#lessor.get(id)
    const renewed = this.#lessor.make(before.ttlSeconds, id)
    this.#queue.putLease(renewed, () => this.#lessor.put(before))
    this.#lessor.put(renewed)
    await this.#queue.durable()
    return renewed.ttlSeconds
  }

  async revokeLease(id: number): Promise<void> {
    this.#assertOpen()
    const lease = this.#lessor.get(id)
    const pending = [...this.#queue.pendingWrites()]
      .filter(({ state }) => state.lease === id)
      .map(({ key }) => key)
    const keys = new Set([...this.#lessor.keysOf(id), ...pending])
    const deletes = [...keys].filter((key) => this.#queue.newest(key)?.lease === id)
    if (deletes.length > 0) {
      this.#queue.write((revision) =>
        this.#writesOf(
          deletes.map((key) => ({ type: 'delete', key })),
          revision,
        ),
      )
    }
    this.#queue.removeLease(id, () => this.#lessor.postpone(lease))
    this.#lessor.delete(id)
    await this.#queue.durable()
  }

  async sizeBytes(): Promise<number> {
    this.#assertOpen()
    return this.#size
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lessor.close()
    this.#hub.close()
    await this.#queue.close()
    await this.#backend.close()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new StoreUnavailableError('the store is closed')
  }

  /** Throws for a transaction that may not be written. */
  #assertAcceptable(ops: readonly Op[]): void {
    this.#queue.assertWritable()
    const written = new Set<string>()
    let bytes = 0
    let puts = false
    for (const op of ops) {
      if (op.type === 'get') continue
      if (written.has(op.key)) throw new Error('etcdserver: duplicate key given in txn request')
      written.add(op.key)
      if (op.type === 'delete') continue
      puts = true
      bytes += op.key.length + op.value.length
      if (op.lease) this.#lessor.get(op.lease)
    }
    if (bytes > MAX_REQUEST_BYTES) throw new RequestTooLargeError()
    if (puts && this.#size > this.#quotaBytes) {
      throw new StoreUnavailableError(
        `etcdserver: mvcc: database space exceeded: the store holds ${this.#size} bytes of at most ${this.#quotaBytes}; ` +
          'delete objects, or raise its quota',
      )
    }
  }

  #writesOf(ops: readonly Op[], revision: Revision): PendingWrite[] {
    return ops.flatMap((op, sub) => {
      if (op.type === 'get') return []
      const before = this.#queue.newest(op.key)
      const isPut = op.type === 'put'
      const state: State = {
        revision,
        sub,
        createRevision: isPut ? (before?.createRevision ?? revision) : 0,
        version: isPut ? (before?.version ?? 0) + 1 : 0,
        lease: isPut ? (op.lease ?? 0) : 0,
      }
      return [{ key: op.key, state, value: isPut ? op.value : EMPTY }]
    })
  }

  #committed(batch: Batch): void {
    const changes = this.#mvcc.apply(batch.writes, batch.revision)
    for (const change of changes) this.#lessor.track(change)
    this.#size = this.#backend.sizeBytes()
    if (changes.length > 0) this.#hub.publish(changes, batch.writes)
  }

  /** Takes states off the disk, in pieces, so that writers get their turn in between. */
  async #removeStates(states: readonly State[]): Promise<void> {
    for (let start = 0; start < states.length && !this.#isClosed; start += REMOVES_A_COMMIT) {
      this.#queue.remove(states.slice(start, start + REMOVES_A_COMMIT))
      await this.#queue.durable()
    }
  }

  #expire(id: number): void {
    const lease = this.#lessor.get(id)
    // a failed commit postpones it too: its undo is the lessor's
    this.revokeLease(id).catch(() => this.#lessor.postpone(lease))
  }
}
