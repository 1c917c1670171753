// The way to the API server for components in other processes: HTTP/2 over TLS, one connection for all.
//
// All requests and watches of a process share one session; several servers may be named, the next is tried
// when one does not answer. A session that stops answering pings is closed, which ends its watches with
// ConnectionError, so that informers begin again elsewhere: a silent network never leaves a stale cache.

import http2 from 'node:http2'
import type { JsonObject } from '#api/meta/object.ts'
import { type Status, StatusError } from '#api/meta/status.ts'
import { type Answered, sendPatiently } from '#client/patience.ts'
import { splitLines } from '#client/split-lines.ts'
import {
  answerError,
  ConnectionError,
  type Transport,
  type TransportRequest,
  type WatchEvent,
} from '#client/transport.ts'
import type { Clock, Timer } from '#sys/clock.ts'

export interface HttpsTransportOptions {
  /** `https://10.0.0.1:6443`, one or more. */
  readonly servers: readonly string[]
  /** PEM of the authority that signed the server's certificate. */
  readonly ca: string
  /** Read anew for each connection, so that renewed certificates are taken up. */
  credentials(): Credentials
  readonly userAgent: string
  readonly clock: Clock
}

/** A client certificate (PEM) or a bearer token. */
export interface Credentials {
  readonly cert?: string
  readonly key?: string
  readonly token?: string
}

export interface HttpsTransport extends Transport {
  close(): void
}

const CONNECT_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 60_000
const PING_PERIOD_MS = 15_000
const PING_TIMEOUT_MS = 10_000
/** Lists arrive faster than with HTTP/2's default of 64 KiB in flight. */
const WINDOW_BYTES = 4 << 20

interface Session {
  readonly http2: http2.ClientHttp2Session
  readonly credentials: Credentials
}

export function createHttpsTransport(options: HttpsTransportOptions): HttpsTransport {
  let current: Promise<Session> | undefined
  let serverIndex = 0
  let isClosed = false

  /** The one connection; when it closes, the next request makes another. */
  function session(): Promise<Session> {
    if (isClosed) return Promise.reject(new ConnectionError('the transport is closed'))
    current ??= begin()
    return current
  }

  function begin(): Promise<Session> {
    const server = options.servers[serverIndex % options.servers.length] ?? ''
    const pending = connect(options, server)
    const forget = () => {
      if (current === pending) current = undefined
    }
    pending.then(
      ({ http2: connection }) => connection.once('close', forget),
      () => {
        serverIndex++
        forget()
      },
    )
    return pending
  }

  async function open(request: TransportRequest): Promise<http2.ClientHttp2Stream> {
    const { http2: connection, credentials } = await session()
    // Node would end a DELETE's stream with its headers, but its options travel in a body.
    const stream = connection.request(headersOf(request, credentials, options.userAgent), {
      endStream: false,
    })
    stream.end(request.body === undefined ? undefined : JSON.stringify(request.body))
    return stream
  }

  return {
    async request(request) {
      const body = await sendPatiently(options.clock, request.signal, async () =>
        answer(await open(request), request, options.clock),
      )
      const json = parse(body.text, request)
      if (body.code >= 400) throw statusError(json, body, request)
      return json
    },

    async watch(request, onEvent) {
      const stream = await open(request)
      await watchStream(stream, request, onEvent)
    },

    close() {
      isClosed = true
      void current?.then(({ http2: connection }) => connection.destroy()).catch(() => undefined)
    },
  }
}

/** Connects and keeps the connection under observation. */
function connect(options: HttpsTransportOptions, server: string): Promise<Session> {
  const credentials = options.credentials()
  const { cert, key } = credentials
  return new Promise((resolve, reject) => {
    const connection = http2.connect(server, {
      ca: options.ca,
      ...(cert !== undefined && { cert }),
      ...(key !== undefined && { key }),
      settings: { initialWindowSize: WINDOW_BYTES, enablePush: false },
    })
    const timer = options.clock.after(CONNECT_TIMEOUT_MS, () =>
      connection.destroy(new Error('connecting took too long')),
    )
    connection.once('error', (error) =>
      reject(new ConnectionError(`cannot reach ${server}: ${error.message}`, { cause: error })),
    )
    connection.once('connect', () => {
      timer.cancel()
      connection.setLocalWindowSize(WINDOW_BYTES)
      connection.on('error', () => undefined)
      const pings = pingRegularly(connection, options.clock)
      connection.once('close', () => pings.cancel())
      resolve({ http2: connection, credentials })
    })
    connection.once('close', () => {
      timer.cancel()
      // Without effect once it was connected; a handshake that the server breaks off raises no error.
      reject(new ConnectionError(`${server} closed the connection`))
    })
  })
}

/** Destroys a connection whose other end does not answer a ping in time. */
function pingRegularly(connection: http2.ClientHttp2Session, clock: Clock): Timer {
  return clock.every(PING_PERIOD_MS, () => {
    if (connection.destroyed) return
    const timer = clock.after(PING_TIMEOUT_MS, () =>
      connection.destroy(new Error('the server does not answer pings')),
    )
    connection.ping(() => timer.cancel())
  })
}

function headersOf(
  request: TransportRequest,
  credentials: Credentials,
  userAgent: string,
): http2.OutgoingHttpHeaders {
  const query = new URLSearchParams(request.query).toString()
  const token = request.token ?? credentials.token
  return {
    ':method': request.method,
    ':path': query ? `${request.path}?${query}` : request.path,
    accept: 'application/json',
    'user-agent': userAgent,
    ...(request.body !== undefined && { 'content-type': request.contentType ?? 'application/json' }),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  }
}

interface Answer extends Answered {
  readonly text: string
}

/** The whole answer of a request that ends by itself. */
function answer(stream: http2.ClientHttp2Stream, request: TransportRequest, clock: Clock): Promise<Answer> {
  return new Promise((resolve, reject) => {
    let code = 0
    let retryAfter: string | undefined
    const chunks: Buffer[] = []
    const fail = (why: string, cause?: unknown) => {
      settle()
      stream.close(http2.constants.NGHTTP2_CANCEL)
      reject(new ConnectionError(`${request.method} ${request.path}: ${why}`, { cause }))
    }
    const onAbort = () => fail('aborted', request.signal?.reason)
    const timer = clock.after(REQUEST_TIMEOUT_MS, () => fail('no answer in time'))
    const settle = () => {
      timer.cancel()
      request.signal?.removeEventListener('abort', onAbort)
    }
    request.signal?.addEventListener('abort', onAbort, { once: true })
    stream.once('response', (headers) => {
      code = headers[':status'] ?? 0
      retryAfter = headers['retry-after']
    })
    stream.on('data', (chunk: Buffer) => chunks.push(chunk))
    stream.once('error', (error) => fail(error.message, error))
    stream.once('close', () => fail('the connection was lost'))
    stream.once('end', () => {
      // A stream that the other end tore down ends without an answer; `close` tells.
      if (code === 0) return
      settle()
      resolve({ code, retryAfter, text: Buffer.concat(chunks).toString() })
    })
    if (request.signal?.aborted) onAbort()
  })
}

/** Reads events until the watch ends; a cleanly ended watch resolves, a broken connection rejects. */
function watchStream(
  stream: http2.ClientHttp2Stream,
  request: TransportRequest,
  onEvent: (event: WatchEvent) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let code = 0
    let isEnded = false
    let failureText = ''
    const lines = splitLines()
    const finish = (error?: unknown) => {
      request.signal?.removeEventListener('abort', onAbort)
      stream.close(http2.constants.NGHTTP2_CANCEL)
      if (error === undefined) resolve()
      else reject(error instanceof Error ? error : new Error(String(error)))
    }
    const onAbort = () => finish()
    request.signal?.addEventListener('abort', onAbort, { once: true })
    stream.once('response', (headers) => (code = headers[':status'] ?? 0))
    stream.on('data', (chunk: Buffer) => {
      if (code >= 400) {
        failureText += chunk.toString()
        return
      }
      try {
        for (const line of lines(chunk))
          deliver(JSON.parse(line) as { type: string; object: JsonObject }, onEvent)
      } catch (error) {
        finish(error)
      }
    })
    stream.once('error', (error) =>
      finish(new ConnectionError(`watch ${request.path}: ${error.message}`, { cause: error })),
    )
    stream.once('end', () => {
      isEnded = code !== 0
    })
    stream.once('close', () => {
      if (code >= 400) finish(statusError(parse(failureText, request), { code, text: failureText }, request))
      else
        finish(
          isEnded && stream.rstCode === 0
            ? undefined
            : new ConnectionError(`watch ${request.path}: connection lost`),
        )
    })
    if (request.signal?.aborted) onAbort()
  })
}

function deliver(event: { type: string; object: JsonObject }, onEvent: (event: WatchEvent) => void): void {
  if (event.type === 'ERROR') throw new StatusError(event.object as unknown as Status)
  onEvent(event as WatchEvent)
}

function parse(text: string, request: TransportRequest): JsonObject {
  try {
    return JSON.parse(text) as JsonObject
  } catch {
    // Plain text: what /healthz and a proxy in between answer.
    return { path: request.path, text }
  }
}

/** The Status of a failed request, or one made from a foreign answer. */
function statusError(json: JsonObject, { code, text }: Answer, request: TransportRequest): StatusError {
  if (json['kind'] === 'Status') return new StatusError(json as unknown as Status)
  const message = `${request.method} ${request.path}: the server answered ${code}: ${text.slice(0, 200)}`
  return answerError(code, message)
}
