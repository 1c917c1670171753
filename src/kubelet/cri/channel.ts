// The gRPC channel to the runtime's unix socket: makes calls out of the table of messages, each with a deadline.
//
// Whatever comes back as a gRPC error leaves here as a CriError with the code's name and the runtime's words,
// which is what events and container statuses show. Upstream: staging/src/k8s.io/cri-client/pkg/remote_runtime.go

import grpc from '@grpc/grpc-js'
import { detailWords, rpcWords } from '#kubelet/cri/error-words.ts'
import { ENUMS, IMAGE_CALLS, MESSAGES, RUNTIME_CALLS } from '#kubelet/cri/messages.ts'
import { type CallTable, loadTable, type ServiceTable } from '#kubelet/cri/proto-table.ts'

/** What the runtime answered instead of a result; `message` is its own text. */
export class CriError extends Error {
  readonly code: grpc.status

  constructor(code: grpc.status, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'CriError'
    this.code = code
  }
}

/** The failure as Go prints it, code and all: what events have where upstream's kubelet passes on the error as it is. */
export function rpcText(error: unknown): string {
  if (error instanceof CriError) return rpcWords(error.code, error.message)
  return error instanceof Error ? error.message : String(error)
}

export const isNotFound = (error: unknown): boolean =>
  error instanceof CriError && error.code === grpc.status.NOT_FOUND

/** No answer in time; says nothing about whether the call took effect. */
export const isDeadline = (error: unknown): boolean =>
  error instanceof CriError && error.code === grpc.status.DEADLINE_EXCEEDED

/** A failure without a code of its own: what it is stands in the message. */
export const isUnknown = (error: unknown): error is CriError =>
  error instanceof CriError && error.code === grpc.status.UNKNOWN

/** The runtime does not have this call. */
export const isUnimplemented = (error: unknown): boolean =>
  error instanceof CriError && error.code === grpc.status.UNIMPLEMENTED

export type Call = (typeof RUNTIME_CALLS)[number] | (typeof IMAGE_CALLS)[number]

export interface CriChannel {
  /** Rejects with CriError. Aborting `signal` cancels the call at the runtime as well. */
  call<T>(name: Call, request: object, timeoutMs: number, signal?: AbortSignal): Promise<T>
  /** Calls `onEvent` for each message of the runtime's event stream; rejects when it ends or is not there. */
  events(onEvent: (event: object) => void, signal: AbortSignal): Promise<void>
  close(): void
}

/** Both directions: a log line of 16 MiB or a list of thousands of containers has to fit. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024

/** Of every channel to the socket. */
export const CHANNEL_OPTIONS = {
  // containerd rejects the authority that grpc-js derives from a socket's path.
  'grpc.default_authority': 'localhost',
  // A runtime that restarts is back within a second; the default backoff grows to two minutes.
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.max_reconnect_backoff_ms': 1000,
} as const

export function openChannel(socket: string): CriChannel {
  const loaded = grpc.loadPackageDefinition(loadTable(CRI)) as unknown as {
    runtime: { v1: Record<'RuntimeService' | 'ImageService', grpc.ServiceClientConstructor> }
  }
  const options = {
    ...CHANNEL_OPTIONS,
    'grpc.max_receive_message_length': MAX_MESSAGE_BYTES,
    'grpc.max_send_message_length': MAX_MESSAGE_BYTES,
  }
  const address = `unix://${socket}`
  const credentials = grpc.credentials.createInsecure()
  const runtime = new loaded.runtime.v1.RuntimeService(address, credentials, options)
  const images = new loaded.runtime.v1.ImageService(address, credentials, options)
  const isImageCall = new Set<string>(IMAGE_CALLS)

  return {
    call<T>(name: Call, request: object, timeoutMs: number, signal?: AbortSignal): Promise<T> {
      const client = isImageCall.has(name) ? images : runtime
      return unary<T>(client, name, request, timeoutMs, signal)
    },
    events: (onEvent, signal) => stream(runtime, onEvent, signal),
    close() {
      runtime.close()
      images.close()
    },
  }
}

type Unary = (
  request: object,
  metadata: grpc.Metadata,
  options: grpc.CallOptions,
  callback: (error: grpc.ServiceError | null, response: unknown) => void,
) => grpc.ClientUnaryCall

/** One call with a deadline; rejects with CriError. */
export function unary<T>(
  client: grpc.Client,
  name: string,
  request: object,
  timeoutMs: number,
  signal?: AbortSignal,
  metadata = new grpc.Metadata(),
): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    if (signal?.aborted) return reject(new CriError(grpc.status.CANCELLED, 'context canceled'))
    const method = (client as unknown as Record<string, Unary>)[name]
    if (!method) throw new Error(`no call ${name}`)
    const limits = { deadline: deadlineIn(timeoutMs) }
    const call = method.call(client, request, metadata, limits, (error, response) => {
      signal?.removeEventListener('abort', onAbort)
      if (error) {
        const words = detailWords(error.details, client.getChannel().getTarget())
        reject(new CriError(error.code, words, { cause: error }))
      } else resolve(response as T)
    })
    const onAbort = () => call.cancel()
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

/** grpc-js counts deadlines on the machine's clock, whatever clock the kubelet was given. */
function deadlineIn(timeoutMs: number): Date {
  return new Date(performance.timeOrigin + performance.now() + timeoutMs)
}

type ServerStream = (request: object) => grpc.ClientReadableStream<object>

function stream(client: grpc.Client, onEvent: (event: object) => void, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const method = (client as unknown as Record<string, ServerStream>)['GetContainerEvents']
    if (!method) throw new Error('no CRI call GetContainerEvents')
    const call = method.call(client, {})
    signal.addEventListener('abort', () => call.cancel(), { once: true })
    call.on('data', onEvent)
    call.on('end', resolve)
    call.on('error', (error: grpc.ServiceError) =>
      signal.aborted ? resolve() : reject(new CriError(error.code, error.details, { cause: error })),
    )
  })
}

/** Calls of the table that have nothing unusual about them. */
const plain = (calls: readonly string[]): Record<string, CallTable> =>
  Object.fromEntries(calls.map((name) => [name, {}]))

const CRI: ServiceTable = {
  package: 'runtime.v1',
  messages: MESSAGES,
  enums: ENUMS,
  services: {
    RuntimeService: {
      ...plain(RUNTIME_CALLS),
      GetContainerEvents: {
        requestType: 'GetEventsRequest',
        responseType: 'ContainerEventResponse',
        responseStream: true,
      },
    },
    ImageService: plain(IMAGE_CALLS),
  },
}
