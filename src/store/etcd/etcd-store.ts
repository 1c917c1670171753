// The store in an etcd cluster (3.4 or newer), over its v3 gRPC API.
//
// Reads and transactions go straight to etcd, linearisably; watches share one stream (watch-hub.ts).
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/etcd3

import type { ClientDuplexStream } from '@grpc/grpc-js'
import { connectEtcd, type EtcdConnection, type EtcdTls } from '#store/etcd/connection.ts'
import { storeError } from '#store/etcd/errors.ts'
import {
  type EtcdRangeResponse,
  type EtcdStatusResponse,
  type EtcdTxnResponse,
  rangeMessage,
  toKeyValue,
  toTxnResponse,
  txnMessage,
} from '#store/etcd/messages.ts'
import { EtcdWatchHub } from '#store/etcd/watch-hub.ts'
import {
  CompactedError,
  LeaseNotFoundError,
  MAX_REQUEST_BYTES,
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
import type { Random } from '#sys/random.ts'

export interface EtcdStoreOptions {
  readonly endpoints: readonly string[]
  readonly tls?: EtcdTls | undefined
  readonly clock: Clock
  readonly random: Random
  /** How long to wait for an etcd that does not answer yet; default 10 s. */
  readonly connectTimeoutMs?: number | undefined
}

const CONNECT_TIMEOUT_MS = 10_000
const CONNECT_RETRY_MS = 200
const KEEP_ALIVE_MS = 10_000
/** Any key will do to ask for the revision. */
const REVISION_QUESTION = { start: '/', countOnly: true }

/** Connects, and waits until etcd answers, so that a wrong address is an error here: StoreUnavailableError. */
export async function openEtcdStore(options: EtcdStoreOptions): Promise<Store> {
  const { clock, connectTimeoutMs = CONNECT_TIMEOUT_MS } = options
  const connection = await connectEtcd(options)
  const store = new EtcdStore(connection, clock, options.random)
  const deadline = clock.monotonic() + connectTimeoutMs
  for (;;) {
    try {
      await store.currentRevision()
      return store
    } catch (error) {
      if (error instanceof StoreUnavailableError && clock.monotonic() < deadline) {
        await clock.sleep(CONNECT_RETRY_MS)
        continue
      }
      await store.close()
      const where = options.endpoints.join(', ')
      throw new StoreUnavailableError(`etcd at ${where} cannot be used: ${(error as Error).message}`, {
        cause: error,
      })
    }
  }
}

class EtcdStore implements Store {
  readonly #connection: EtcdConnection
  readonly #clock: Clock
  readonly #random: Random
  readonly #hub: EtcdWatchHub
  #isClosed = false
  #asking: Promise<Revision> | undefined
  #askingNext: Promise<Revision> | undefined

  constructor(connection: EtcdConnection, clock: Clock, random: Random) {
    this.#connection = connection
    this.#clock = clock
    this.#random = random
    this.#hub = new EtcdWatchHub(connection, clock)
  }

  async range(request: RangeRequest): Promise<RangeResponse> {
    this.#assertOpen()
    const answer = await this.#connection.call<EtcdRangeResponse>('KV', 'Range', rangeMessage(request), true)
    const { kvs, more, count, header } = answer
    return { kvs: kvs.map(toKeyValue), more: more && !request.countOnly, count, revision: header.revision }
  }

  async txn(request: TxnRequest): Promise<TxnResponse> {
    this.#assertOpen()
    const ops = [...request.success, ...(request.failure ?? [])]
    const bytes = ops.reduce((sum, op) => sum + op.key.length + (op.type === 'put' ? op.value.length : 0), 0)
    if (bytes > MAX_REQUEST_BYTES) throw new RequestTooLargeError()
    const isRead = ops.every((op) => op.type === 'get')
    return toTxnResponse(
      await this.#connection.call<EtcdTxnResponse>('KV', 'Txn', txnMessage(request), isRead),
    )
  }

  async watch(request: WatchRequest): Promise<void> {
    this.#assertOpen()
    await this.#hub.add(request, request.fromRevision || (await this.currentRevision()) + 1)
  }

  /** Callers share questions, but only ones that were sent after they asked. */
  currentRevision(): Promise<Revision> {
    if (this.#isClosed) return Promise.reject(closed())
    if (!this.#asking) {
      this.#asking = this.#ask()
      return this.#asking
    }
    this.#askingNext ??= this.#asking
      .catch(() => undefined)
      .then(() => {
        this.#askingNext = undefined
        this.#asking = this.#ask()
        return this.#asking
      })
    return this.#askingNext
  }

  async #ask(): Promise<Revision> {
    try {
      return (await this.range(REVISION_QUESTION)).revision
    } finally {
      this.#asking = undefined
    }
  }

  async compact(revision: Revision): Promise<void> {
    this.#assertOpen()
    try {
      await this.#connection.call('KV', 'Compact', { revision, physical: false }, true)
    } catch (error) {
      if (!(error instanceof CompactedError)) throw error
      return
    }
    this.#connection.compactRevision = Math.max(this.#connection.compactRevision, revision)
  }

  async grantLease(ttlSeconds: number): Promise<number> {
    this.#assertOpen()
    // our own id, so that it is a number that JavaScript holds exactly
    const id = Buffer.from(this.#random.bytes(6)).readUIntBE(0, 6) + 1
    const request = { ttl: Math.max(1, Math.ceil(ttlSeconds)), id }
    await this.#connection.call('Lease', 'LeaseGrant', request, false)
    return id
  }

  keepLeaseAlive(id: number): Promise<number> {
    this.#assertOpen()
    const { call, failed } = this.#connection.stream('Lease', 'LeaseKeepAlive')
    return askOnce<{ ttl: number }>(call, { id }, this.#clock)
      .then(({ ttl }) => {
        if (ttl <= 0) throw new LeaseNotFoundError()
        return ttl
      })
      .catch((error: unknown) => {
        const known = storeError(error, 0)
        if (known instanceof StoreUnavailableError) failed()
        throw known
      })
  }

  async revokeLease(id: number): Promise<void> {
    this.#assertOpen()
    await this.#connection.call('Lease', 'LeaseRevoke', { id }, false)
  }

  async sizeBytes(): Promise<number> {
    this.#assertOpen()
    return (await this.#connection.call<EtcdStatusResponse>('Maintenance', 'Status', {}, true)).dbSize
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#hub.close()
    this.#connection.close()
  }

  #assertOpen(): void {
    if (this.#isClosed) throw closed()
  }
}

const closed = (): StoreUnavailableError => new StoreUnavailableError('the store is closed')

/** One question and one answer over a method that is a stream. */
function askOnce<Response>(
  call: ClientDuplexStream<object, unknown>,
  request: object,
  clock: Clock,
): Promise<Response> {
  return new Promise<Response>((resolve, reject) => {
    const timer = clock.after(KEEP_ALIVE_MS, () =>
      reject(new StoreUnavailableError('etcd: no answer in time')),
    )
    const settle = (act: () => void) => () => {
      timer.cancel()
      act()
    }
    call.on('data', (response: Response) => settle(() => resolve(response))())
    call.on('error', (error: unknown) => settle(() => reject(error))())
    call.on(
      'end',
      settle(() => reject(new StoreUnavailableError('etcd: no answer'))),
    )
    call.write(request)
  }).finally(() => call.cancel())
}
