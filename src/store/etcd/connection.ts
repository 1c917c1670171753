// The way to the members of an etcd cluster: one gRPC channel each, one of them in use, the next when that fails.
//
// Invariant: a call that changes something is sent a second time only when the first certainly was not carried out.
// Upstream: etcd's client/v3 (balancer and retry interceptor)

import { readFile } from 'node:fs/promises'
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceDefinition,
} from '@grpc/grpc-js'
import { isEndpointFailure, storeError, wasNotSent } from '#store/etcd/errors.ts'
import { loadEtcdServices } from '#store/etcd/schema.ts'
import { StoreUnavailableError } from '#store/store.ts'
import type { Clock } from '#sys/clock.ts'

export interface EtcdTls {
  /** Paths of PEM files. */
  readonly caFile?: string | undefined
  readonly certFile?: string | undefined
  readonly keyFile?: string | undefined
}

export interface ConnectionOptions {
  /** `http://127.0.0.1:2379`, or `https://…`. */
  readonly endpoints: readonly string[]
  readonly tls?: EtcdTls | undefined
  readonly clock: Clock
}

/** How long one call may take, all its tries together. */
const CALL_MS = 10_000
/** How long a member may take before the next is asked as well, where that is harmless. */
const TRY_MS = 4_000

const CHANNEL_OPTIONS = {
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 2_000,
  // each store has its own connections, which its `close` closes
  'grpc.use_local_subchannel_pool': 1,
}

type Service = 'KV' | 'Watch' | 'Lease' | 'Maintenance'

export class EtcdConnection {
  readonly #services: Record<Service, ServiceDefinition> = loadEtcdServices()
  readonly #clients: readonly Client[]
  readonly #clock: Clock
  #current = 0
  /** The newest compaction that some answer told of. */
  compactRevision = 0

  constructor(clients: readonly Client[], clock: Clock) {
    this.#clients = clients
    this.#clock = clock
  }

  /** Calls a method. `isRepeatable`: to carry it out twice does no harm. Rejects with an error of store.ts. */
  async call<Response>(
    service: Service,
    method: string,
    request: object,
    isRepeatable: boolean,
  ): Promise<Response> {
    const deadline = this.#clock.now() + CALL_MS
    for (let tries = 1; ; tries++) {
      const used = this.#current
      const isLast = tries > this.#clients.length || this.#clock.now() >= deadline
      const until = isRepeatable && !isLast ? Math.min(deadline, this.#clock.now() + TRY_MS) : deadline
      try {
        return await this.#callOnce<Response>(
          this.#clients[used]!,
          this.#method(service, method),
          request,
          until,
        )
      } catch (error) {
        if (isEndpointFailure(error)) this.#leave(used)
        const mayRepeat = wasNotSent(error) || (isRepeatable && isEndpointFailure(error))
        if (!mayRepeat || isLast) throw storeError(error, this.compactRevision)
      }
    }
  }

  /** Opens a stream to the member in use. */
  stream(
    service: Service,
    method: string,
  ): { call: ClientDuplexStream<object, unknown>; failed: () => void } {
    const used = this.#current
    const { path, requestSerialize, responseDeserialize } = this.#method(service, method)
    const call = this.#clients[used]!.makeBidiStreamRequest(path, requestSerialize, responseDeserialize)
    return { call, failed: () => this.#leave(used) }
  }

  close(): void {
    for (const client of this.#clients) client.close()
  }

  #method(service: Service, method: string): MethodDefinition<object, unknown> {
    return this.#services[service][method] as MethodDefinition<object, unknown>
  }

  #callOnce<Response>(
    client: Client,
    { path, requestSerialize, responseDeserialize }: MethodDefinition<object, unknown>,
    request: object,
    deadline: number,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        path,
        requestSerialize,
        responseDeserialize,
        request,
        new Metadata(),
        { deadline },
        (error, response) => (error ? reject(error) : resolve(response as Response)),
      )
    })
  }

  /** Goes on to the next member, unless somebody else did already. */
  #leave(used: number): void {
    if (this.#current === used) this.#current = (used + 1) % this.#clients.length
  }
}

/** Makes the channels; nothing is connected before the first call. Throws StoreUnavailableError for what cannot work. */
export async function connectEtcd(options: ConnectionOptions): Promise<EtcdConnection> {
  if (options.endpoints.length === 0) throw new StoreUnavailableError('etcd: no endpoints given')
  const secure = await secureCredentials(options.tls)
  const clients = options.endpoints.map((endpoint) => {
    const { address, isSecure } = parseEndpoint(endpoint)
    return new Client(address, isSecure ? secure : credentials.createInsecure(), CHANNEL_OPTIONS)
  })
  return new EtcdConnection(clients, options.clock)
}

/** `https://host:port` or `host:port` (without TLS). Throws for anything else. */
export function parseEndpoint(endpoint: string): { address: string; isSecure: boolean } {
  const text = endpoint.includes('://') ? endpoint : `http://${endpoint}`
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isKnown = url?.protocol === 'http:' || url?.protocol === 'https:'
  if (!url || !isKnown || url.hostname === '' || (url.pathname !== '/' && url.pathname !== '')) {
    throw new StoreUnavailableError(
      `etcd: ${JSON.stringify(endpoint)} is not an endpoint such as https://127.0.0.1:2379`,
    )
  }
  return { address: `${url.hostname}:${url.port || '2379'}`, isSecure: url.protocol === 'https:' }
}

async function secureCredentials({ caFile, certFile, keyFile }: EtcdTls = {}): Promise<ChannelCredentials> {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new StoreUnavailableError('etcd: a client certificate needs both its file and that of its key')
  }
  const read = async (file: string | undefined): Promise<Buffer | null> => {
    if (file === undefined) return null
    return readFile(file).catch((error: Error) => {
      throw new StoreUnavailableError(`etcd: ${file} cannot be read: ${error.message}`, { cause: error })
    })
  }
  return credentials.createSsl(await read(caFile), await read(keyFile), await read(certFile))
}
