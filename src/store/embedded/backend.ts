// Where the embedded store keeps its log: on disk (lmdb-backend.ts) or in memory (memory-backend.ts).
//
// ```
//   heads   (revision, sub) → what happened to which key         read whole at start, in order
//   values  (revision, sub) → the value that was put             read when asked for
//   leases  id → time to live, deadline
//   meta    revision, compactRevision
// ```
// `sub` counts the writes of one transaction. Invariant: `commit` is all or nothing, and durable when it resolves.

import type { Revision } from '#store/store.ts'

/** One state of one key. */
export interface State {
  readonly revision: Revision
  readonly sub: number
  readonly createRevision: Revision
  /** How many puts since it was created; 0: this state is a deletion. */
  readonly version: number
  readonly lease: number
}

export interface LogRecord {
  readonly key: string
  readonly state: State
}

/** A write that is decided but not yet on the disk. */
export interface PendingWrite extends LogRecord {
  /** Empty for a deletion. */
  readonly value: Uint8Array
}

export interface LeaseRecord {
  readonly id: number
  readonly ttlSeconds: number
  /** Wall time in milliseconds. */
  readonly deadline: number
}

/** What one group commit writes. */
export interface Batch {
  /** The newest revision once this is written. */
  readonly revision: Revision
  readonly writes: readonly PendingWrite[]
  /** States that a compaction has made unreachable. */
  readonly removes: readonly State[]
  readonly compactRevision?: Revision
  readonly leases: readonly LeaseRecord[]
  readonly revokedLeases: readonly number[]
}

/** All that is known when the store opens. */
export interface Loaded {
  readonly revision: Revision
  readonly compactRevision: Revision
  /** In the order of (revision, sub). */
  readonly records: Iterable<LogRecord>
  readonly leases: readonly LeaseRecord[]
}

export interface Backend {
  load(): Loaded
  commit(batch: Batch): Promise<void>
  /** The value of a put; undefined when it has been removed. */
  value(state: State): Uint8Array | undefined
  /** The revision that is really written; to find out after a failed commit what became of it. */
  writtenRevision(): Revision
  /** Bytes in use, without what has been freed for reuse. */
  sizeBytes(): number
  close(): Promise<void>
}
