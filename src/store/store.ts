// The key-value store under the API server, in etcd's model: one revision counter for the whole store.
//
// Each write makes a new revision; a key remembers the revision that created and that last changed it; reads
// can be made at any revision that is not yet compacted; watches start at any such revision and see each
// change once, in order. Strictly serialisable. Two implementations (embedded/ on LMDB, etcd/ over gRPC) pass
// one contract test (contract.ts). Upstream: the etcd v3 API, and storage/etcd3 of k8s.io/apiserver.

/** A revision of the store; grows by one with each transaction that writes. */
export type Revision = number

export interface KeyValue {
  readonly key: string
  readonly value: Uint8Array
  readonly createRevision: Revision
  /** The revision that wrote this value: an object's resourceVersion. */
  readonly modRevision: Revision
  /** 1 for a new key, one more with each put. */
  readonly version: number
  /** 0 without a lease. */
  readonly lease: number
}

export interface RangeRequest {
  /** First key. */
  readonly start: string
  /** First key that is not part of it; `prefixEnd(start)` for a prefix. Absent: the one key `start`. */
  readonly end?: string
  /** 0 or absent: no limit. */
  readonly limit?: number
  /** Absent: the newest. Throws CompactedError below the compaction, FutureRevisionError above the newest. */
  readonly revision?: Revision
  readonly keysOnly?: boolean
  readonly countOnly?: boolean
}

export interface RangeResponse {
  readonly kvs: readonly KeyValue[]
  /** How many keys the range holds in all, whatever the limit. */
  readonly count: number
  readonly more: boolean
  /** The store's revision when it answered: a LIST's resourceVersion. */
  readonly revision: Revision
}

/** `modRevision` 0 means: the key does not exist. */
export interface Compare {
  readonly key: string
  readonly modRevision: Revision
}

export type Op =
  | { readonly type: 'put'; readonly key: string; readonly value: Uint8Array; readonly lease?: number }
  | { readonly type: 'delete'; readonly key: string }
  | { readonly type: 'get'; readonly key: string }

export interface TxnRequest {
  readonly compare: readonly Compare[]
  readonly success: readonly Op[]
  readonly failure?: readonly Op[]
}

export interface TxnResponse {
  readonly succeeded: boolean
  readonly revision: Revision
  /** One entry an op: for `get` the key's state, for `put` and `delete` the state before. */
  readonly responses: readonly (KeyValue | undefined)[]
}

export interface StoreEvent {
  readonly type: 'put' | 'delete'
  /** For a delete: key and modRevision are those of the deletion, the value is empty. */
  readonly kv: KeyValue
  /** The state before; undefined when the key is new, or when that state has been compacted away. */
  readonly previous: KeyValue | undefined
}

/**
 * The events of one or more whole revisions, in order; `revision` is how far the watch has come. Every revision of
 * the store reaches every watch, without events where none of its keys changed.
 */
export interface WatchBatch {
  readonly events: readonly StoreEvent[]
  readonly revision: Revision
}

export interface WatchRequest {
  readonly start: string
  readonly end?: string
  /** First revision to see; absent: only what comes after the call. */
  readonly fromRevision?: Revision
  /** Called in order, never concurrently, and never after the signal aborted. */
  onBatch(batch: WatchBatch): void
  /**
   * The watch is over: CompactedError when `fromRevision` is gone, StoreUnavailableError when the connection
   * was lost, undefined when the signal aborted.
   */
  onEnd(error: Error | undefined): void
  readonly signal: AbortSignal
}

export interface Store {
  range(request: RangeRequest): Promise<RangeResponse>
  txn(request: TxnRequest): Promise<TxnResponse>
  /** Resolves once the watch is established: every revision from then on reaches `onBatch`. */
  watch(request: WatchRequest): Promise<void>
  /** Asks for the newest revision, linearisably. Every watch comes up to it by itself. */
  currentRevision(): Promise<Revision>
  /** Forgets all revisions below `revision`, except the newest of each key; does nothing when that was done before. */
  compact(revision: Revision): Promise<void>
  /** Makes a lease; its keys are deleted when it expires. Gives its id. */
  grantLease(ttlSeconds: number): Promise<number>
  /** Gives the renewed time to live in seconds; throws LeaseNotFoundError. */
  keepLeaseAlive(id: number): Promise<number>
  revokeLease(id: number): Promise<void>
  /** The size of the database in bytes. */
  sizeBytes(): Promise<number>
  close(): Promise<void>
}

/** The revision asked for has been compacted. */
export class CompactedError extends Error {
  readonly compactRevision: Revision
  constructor(compactRevision: Revision) {
    super('etcdserver: mvcc: required revision has been compacted')
    this.name = 'CompactedError'
    this.compactRevision = compactRevision
  }
}

/** The revision asked for lies in the future. */
export class FutureRevisionError extends Error {
  constructor() {
    super('etcdserver: mvcc: required revision is a future revision')
    this.name = 'FutureRevisionError'
  }
}

/** One transaction writes more than MAX_REQUEST_BYTES. */
export class RequestTooLargeError extends Error {
  constructor() {
    super('etcdserver: request is too large')
    this.name = 'RequestTooLargeError'
  }
}

/** What one transaction may hold, keys and values together: etcd's default. */
export const MAX_REQUEST_BYTES = 1.5 * 1024 * 1024

export class LeaseNotFoundError extends Error {
  constructor() {
    super('etcdserver: requested lease not found')
    this.name = 'LeaseNotFoundError'
  }
}

/** The store cannot be reached or refuses to write (full disk); the caller may try again. */
export class StoreUnavailableError extends Error {
  constructor(what: string, options?: ErrorOptions) {
    super(what, options)
    this.name = 'StoreUnavailableError'
  }
}

/** The first key after all keys with `prefix`: the prefix with its last byte raised. Keys are ASCII. */
export function prefixEnd(prefix: string): string {
  return prefix.slice(0, -1) + String.fromCharCode(prefix.charCodeAt(prefix.length - 1) + 1)
}
