// The single writer: decides transactions one after the other, and commits many of them with one sync to the disk.
//
// ```
//   txn ─▶ decided at once against committed + pending ─▶ next batch ─┐
//                                    batch that is being synced ◀─────┘ when the one before is done
//   done ─▶ visible to readers ─▶ watchers ─▶ answers
// ```
// While one batch waits for the disk the next one fills, so that a slow disk makes larger batches, not fewer writes.
// Invariant: no answer, no read and no event tells of anything that is not on the disk; when a batch fails, all that
// was decided on top of it fails with it.

import type { Backend, Batch, LeaseRecord, PendingWrite, State } from '#store/embedded/backend.ts'
import { keyValue, type Mvcc } from '#store/embedded/mvcc.ts'
import { type KeyValue, type Revision, StoreUnavailableError } from '#store/store.ts'

/** So many writes and bytes may wait for the disk; beyond that, callers are turned away. */
const MAX_PENDING_WRITES = 20_000
const MAX_PENDING_BYTES = 64 * 1024 * 1024

/** A batch that is being filled. */
interface Draft extends Batch {
  revision: Revision
  readonly writes: PendingWrite[]
  readonly removes: State[]
  compactRevision?: Revision
  readonly leases: LeaseRecord[]
  readonly revokedLeases: number[]
  readonly waiting: Waiter[]
  readonly undo: (() => void)[]
  bytes: number
}

interface Waiter {
  resolve(): void
  reject(error: Error): void
}

export class CommitQueue {
  readonly #backend: Backend
  readonly #mvcc: Mvcc
  /** Called when a batch is durable, before anybody gets an answer. */
  readonly #onCommit: (batch: Batch) => void
  #next: Draft | undefined
  #flying: Draft | undefined
  #isRunning = false
  /** The newest write of each key that is not yet durable. */
  readonly #pending = new Map<string, PendingWrite>()
  #revision: Revision
  #failure: StoreUnavailableError | undefined
  #idle: Promise<void> = Promise.resolve()

  constructor(backend: Backend, mvcc: Mvcc, onCommit: (batch: Batch) => void) {
    this.#backend = backend
    this.#mvcc = mvcc
    this.#onCommit = onCommit
    this.#revision = mvcc.revision
  }

  /** The newest revision that was given out, durable or not. */
  get revision(): Revision {
    return this.#revision
  }

  /** Throws when nothing can be written: the queue is full, closed, or the disk failed for good. */
  assertWritable(): void {
    if (this.#failure) throw this.#failure
    const writes = (this.#next?.writes.length ?? 0) + (this.#flying?.writes.length ?? 0)
    const bytes = (this.#next?.bytes ?? 0) + (this.#flying?.bytes ?? 0)
    if (writes > MAX_PENDING_WRITES || bytes > MAX_PENDING_BYTES) {
      throw new StoreUnavailableError('the store has too many writes waiting for the disk')
    }
  }

  /** The newest state of a key, pending ones included. */
  newest(key: string): State | undefined {
    const pending = this.#pending.get(key)
    if (!pending) return this.#mvcc.newest(key)
    return pending.state.version === 0 ? undefined : pending.state
  }

  /** The newest state of a key with its value, pending ones included. */
  read(key: string): KeyValue | undefined {
    const pending = this.#pending.get(key)
    if (pending) return pending.state.version === 0 ? undefined : keyValue(key, pending.state, pending.value)
    const state = this.#mvcc.newest(key)
    return state && this.#mvcc.read(key, state)
  }

  isPending(key: string): boolean {
    return this.#pending.has(key)
  }

  pendingWrites(): Iterable<PendingWrite> {
    return this.#pending.values()
  }

  /** Adds writes as one new revision. */
  write(makeWrites: (revision: Revision) => readonly PendingWrite[]): void {
    const draft = this.#draft()
    draft.revision = ++this.#revision
    for (const write of makeWrites(draft.revision)) {
      draft.writes.push(write)
      draft.bytes += write.key.length + write.value.length
      this.#pending.set(write.key, write)
    }
  }

  remove(states: readonly State[]): void {
    this.#draft().removes.push(...states)
  }

  compact(revision: Revision): void {
    this.#draft().compactRevision = revision
  }

  /** Writes a lease; `undo` takes it back in memory should the commit fail. */
  putLease(lease: LeaseRecord, undo: () => void): void {
    const draft = this.#draft()
    draft.leases.push(lease)
    draft.undo.push(undo)
  }

  removeLease(id: number, undo: () => void): void {
    const draft = this.#draft()
    draft.revokedLeases.push(id)
    draft.undo.push(undo)
  }

  /** Resolves when all that was decided before the call is durable; rejects when it failed. */
  durable(): Promise<void> {
    const draft = this.#next ?? this.#flying
    if (!draft) return Promise.resolve()
    return new Promise((resolve, reject) => draft.waiting.push({ resolve, reject }))
  }

  /** Refuses everything from now on; resolves when what had begun has ended. */
  async close(): Promise<void> {
    this.#failure ??= new StoreUnavailableError('the store is closed')
    await this.#idle
  }

  #draft(): Draft {
    if (this.#failure) throw this.#failure
    this.#next ??= {
      revision: this.#revision,
      writes: [],
      removes: [],
      leases: [],
      revokedLeases: [],
      waiting: [],
      undo: [],
      bytes: 0,
    }
    if (!this.#isRunning) {
      this.#isRunning = true
      // a microtask later, so that all callers of this turn share the batch
      this.#idle = Promise.resolve().then(() => this.#commitAll())
    }
    return this.#next
  }

  async #commitAll(): Promise<void> {
    while (this.#next) {
      const draft = this.#next
      this.#next = undefined
      this.#flying = draft
      try {
        await this.#backend.commit(draft)
      } catch (error) {
        this.#fail(draft, error)
        continue
      }
      for (const write of draft.writes) {
        if (this.#pending.get(write.key) === write) this.#pending.delete(write.key)
      }
      this.#onCommit(draft)
      for (const { resolve } of draft.waiting) resolve()
    }
    this.#flying = undefined
    this.#isRunning = false
  }

  /** Forgets the batch and what was decided on top of it: revisions that nobody saw are given out again. */
  #fail(draft: Draft, cause: unknown): void {
    const failed = [draft, ...(this.#next ? [this.#next] : [])]
    this.#next = undefined
    this.#pending.clear()
    this.#revision = this.#mvcc.revision
    const why = cause instanceof Error ? cause.message : String(cause)
    const error = new StoreUnavailableError(`the store cannot write: ${why}`, { cause })
    if (this.#backend.writtenRevision() !== this.#mvcc.revision) {
      this.#failure ??= new StoreUnavailableError(
        'the disk reported an error for a write that is there: restart to go on',
        {
          cause,
        },
      )
    }
    for (const { undo } of failed.reverse()) for (const revert of undo.reverse()) revert()
    for (const { waiting } of failed) for (const { reject } of waiting) reject(error)
  }
}
