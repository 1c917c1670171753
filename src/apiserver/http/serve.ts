// One HTTP exchange: from what came over the socket to an ApiRequest, and from the ApiResponse to bytes.
//
// Invariant: a client that reads slowly slows down only its own answer; nothing is buffered for it without a bound.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { tooLarge } from '#api/meta/status.ts'
import type { ApiRequest } from '#apiserver/exchange.ts'
import { clientCertificatesOf, remoteAddressOf } from '#apiserver/http/client-address.ts'
import type { ServerReply, ServerRequest } from '#apiserver/http/listener.ts'
import { decodePath } from '#apiserver/http/request-info.ts'
import { respond } from '#apiserver/http/respond.ts'
import { separateHeaders } from '#apiserver/http/separate-headers.ts'
import { isWebSocket, respondOverWebSocket } from '#apiserver/http/websocket.ts'
import type { Handle } from '#apiserver/pipeline.ts'
import type { RequestHead } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'
import { type Abortable, LazyAbort } from '#sys/lazy-abort.ts'
import type { Logger } from '#sys/log.ts'

/** Upstream's limit of a request's body. */
const MAX_BODY_BYTES = 3 * 1024 * 1024

export interface ServeOptions {
  readonly handle: Handle
  readonly clock: Clock
  readonly log: Logger
  /** Those under way, to be aborted when the server stops: watches end at once. */
  readonly live: LiveRequests
}

/** What is under way; whoever stops the server ends it all. */
export class LiveRequests {
  readonly #aborts = new Set<LazyAbort>()
  #stopped: Error | undefined

  add(): LazyAbort {
    const abort = new LazyAbort()
    if (this.#stopped) abort.abort(this.#stopped)
    this.#aborts.add(abort)
    return abort
  }

  delete(abort: LazyAbort): void {
    this.#aborts.delete(abort)
  }

  /** Also those that come later. */
  abortAll(reason: Error): void {
    this.#stopped = reason
    for (const abort of this.#aborts) abort.abort(reason)
  }
}

/** So long a client may take to read an answer that is no watch and no stream: it holds a seat meanwhile. */
const READ_MS = 60_000

/** Serves one request; never rejects. */
export async function serve(
  options: ServeOptions,
  request: ServerRequest,
  reply: ServerReply,
): Promise<void> {
  const live = options.live.add()
  const gone = () => live.abort(new Error('the client is gone'))
  reply.once('close', gone)
  request.on('error', gone)
  reply.on('error', gone)
  try {
    const apiRequest = apiRequestOf(request, live)
    if (apiRequest === undefined) {
      reply.writeHead(400, { 'content-type': 'text/plain; charset=utf-8' })
      reply.end('400 Bad Request')
      return
    }
    const handled = await options.handle(apiRequest)
    const { type } = handled.response
    const isEndless = type === 'watch' || type === 'stream'
    const late = isEndless ? undefined : options.clock.after(READ_MS, () => reply.destroy())
    let bytes = 0
    try {
      bytes = await respond(apiRequest, handled, reply, options)
    } finally {
      late?.cancel()
      handled.finished(bytes)
    }
  } catch (error) {
    if (!live.signal.aborted)
      options.log.error({ path: request.url, error: String(error) }, 'an answer could not be written')
    reply.destroy()
  } finally {
    // who has been answered may go: there is nobody left to be told
    reply.off('close', gone)
    options.live.delete(live)
    // what is left of a body that nobody read would keep the connection from its next request
    if (!request.readableEnded) request.resume()
  }
}

/** Serves a connection that asks for another protocol; the handler takes the socket, or an error is written to it. */
export async function serveUpgrade(
  options: ServeOptions,
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
): Promise<void> {
  const live = options.live.add()
  socket.once('close', () => {
    live.abort(new Error('the client is gone'))
    options.live.delete(live)
  })
  socket.on('error', () => socket.destroy())
  live.signal.addEventListener('abort', () => socket.destroy(), { once: true })
  try {
    const plain = apiRequestOf(request, live)
    if (plain === undefined) return void socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n')
    const apiRequest: ApiRequest = { ...plain, body: { type: 'none' }, upgrade: { socket, head } }
    const handled = await options.handle(apiRequest)
    const { response } = handled
    socket.once('close', () => handled.finished())
    if (response.type === 'hijacked') return
    if ((response.type === 'watch' || response.type === 'stream') && isWebSocket(request)) {
      const context = { query: apiRequest.head.query, now: options.clock.now() }
      await respondOverWebSocket(apiRequest, response, { request, socket, head }, context)
    } else respondToSocket(handled, socket)
  } catch (error) {
    options.log.error({ path: request.url, error: String(error) }, 'an upgrade failed')
    socket.destroy()
  }
}

function respondToSocket(handled: Awaited<ReturnType<Handle>>, socket: Duplex): void {
  const { response } = handled
  const code = 'code' in response ? response.code : 200
  const body = response.type === 'object' ? `${JSON.stringify(response.object)}\n` : ''
  const lines = [
    `HTTP/1.1 ${code} ${code < 400 ? 'OK' : 'Error'}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `Audit-Id: ${handled.trail.auditId}`,
    'Cache-Control: no-cache, private',
    'Connection: close',
  ]
  socket.end(`${lines.join('\r\n')}\r\n\r\n${body}`)
}

/** Undefined when the URL itself is malformed. */
function apiRequestOf(request: ServerRequest, abortable: Abortable): ApiRequest | undefined {
  const rawUrl = request.url ?? '/'
  const question = rawUrl.indexOf('?')
  const rawPath = question < 0 ? rawUrl : rawUrl.slice(0, question)
  let path: string
  try {
    path = decodePath(rawPath)
  } catch {
    return undefined
  }
  const certificates = clientCertificatesOf(request)
  const head: RequestHead = {
    method: request.method ?? 'GET',
    path,
    query: new URLSearchParams(question < 0 ? '' : rawUrl.slice(question + 1)),
    headers: separateHeaders(request),
    remoteAddress: remoteAddressOf(request),
    ...(certificates && { clientCertificates: certificates }),
  }
  const hasBody = head.method !== 'GET' && head.method !== 'HEAD'
  const body: ApiRequest['body'] = hasBody
    ? { type: 'bytes', read: () => readBody(request), stream: request }
    : { type: 'none' }
  return {
    head,
    rawUrl,
    body,
    get signal() {
      return abortable.signal
    },
  }
}

async function readBody(request: ServerRequest): Promise<Uint8Array> {
  const refuse = () => tooLarge(`limit is ${MAX_BODY_BYTES}`)
  if (Number(request.headers['content-length'] ?? 0) > MAX_BODY_BYTES) throw refuse()
  const chunks: Buffer[] = []
  let size = 0
  // an iterator that is left early destroys the stream, and with it the way to answer: so, events
  return await new Promise<Uint8Array>((resolve, reject) => {
    const onData = (chunk: Buffer) => {
      size += chunk.length
      if (size > MAX_BODY_BYTES) finish(refuse())
      else chunks.push(chunk)
    }
    const onEnd = () => finish()
    const onClose = () => finish(new Error('the client went away while sending its body'))
    const finish = (error?: Error) => {
      request.off('data', onData).off('end', onEnd).off('close', onClose).off('error', finish)
      if (error) reject(error)
      else resolve(chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, size))
    }
    request.on('data', onData).on('end', onEnd).on('close', onClose).on('error', finish)
  })
}
