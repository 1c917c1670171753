// Writes an answer: headers, the negotiated encoding, gzip for large ones, and lists and watches as streams.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/writers.go

import { promisify } from 'node:util'
import { createGzip, gzip } from 'node:zlib'
import { internalError, StatusError } from '#api/meta/status.ts'
import type { ApiRequest, ApiResponse, HandledResponse } from '#apiserver/exchange.ts'
import { contentTypeOf, encodeAnswer } from '#apiserver/http/encode.ts'
import { encodeList } from '#apiserver/http/encode-list.ts'
import { asStream, type ServerReply } from '#apiserver/http/listener.ts'
import type { TransformContext } from '#apiserver/http/transform.ts'
import { warningHeaders } from '#apiserver/http/warnings.ts'
import { writeWatch } from '#apiserver/http/watch-writer.ts'
import { errorResponse } from '#apiserver/pipeline.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

const GZIP_FROM_BYTES = 128 * 1024
const gzipAsync = promisify(gzip)

/** Writes the whole answer and gives its size (0 for what has no end of its own); rejects when the client went away. */
export async function respond(
  request: ApiRequest,
  handled: HandledResponse,
  reply: ServerReply,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Promise<number> {
  const { response, trail } = handled
  if (response.type === 'hijacked') return 0
  reply.setHeader('audit-id', trail.auditId)
  reply.setHeader('cache-control', 'no-cache, private')
  const warnings = warningHeaders(trail.warnings)
  if (warnings.length > 0) reply.setHeader('warning', warnings)
  for (const [name, value] of trail.headers) reply.setHeader(name, value)
  const context = { query: request.head.query, now: clock.now() }
  let bytes = 0
  try {
    bytes = await write(request, response, reply, context)
  } catch (error) {
    if (reply.headersSent || reply.destroyed) throw error
    // the conversion into what the client asked for was refused, or failed
    const isRefused = error instanceof StatusError
    if (!isRefused)
      log.error({ path: request.head.path, error: String(error) }, 'an answer could not be made')
    bytes = await write(
      request,
      errorResponse(request, isRefused ? error : internalError(error)),
      reply,
      context,
    )
  }
  log.debug({ method: request.head.method, path: request.head.path }, 'answered')
  return bytes
}

async function write(
  request: ApiRequest,
  response: ApiResponse,
  reply: ServerReply,
  context: TransformContext,
): Promise<number> {
  switch (response.type) {
    case 'object': {
      const body = encodeAnswer(response, context)
      const retryAfter = retryAfterOf(response)
      if (retryAfter !== undefined) reply.setHeader('retry-after', retryAfter)
      return writeWhole(request, reply, response.code, contentTypeOf(response.format), body)
    }
    case 'list':
      return writeChunks(request, reply, contentTypeOf(response.format), encodeList(response, context))
    case 'watch':
      await writeWatch(request, response, reply, context)
      return 0
    case 'raw':
      for (const [name, value] of Object.entries(response.headers))
        reply.setHeader(name, value as string | string[])
      return writeWhole(request, reply, response.code, undefined, response.body)
    case 'stream':
      for (const [name, value] of Object.entries(response.headers))
        reply.setHeader(name, value as string | string[])
      reply.writeHead(response.code)
      flush(reply)
      await pipe(response.body, reply)
      return 0
    case 'hijacked':
      return 0
  }
}

function retryAfterOf(response: ApiResponse): string | undefined {
  if (response.type !== 'object' || response.code < 400) return undefined
  const details = response.object['details'] as { retryAfterSeconds?: number } | undefined
  return details?.retryAfterSeconds ? String(details.retryAfterSeconds) : undefined
}

function acceptsGzip(request: ApiRequest): boolean {
  const header = request.head.headers['accept-encoding']
  return typeof header === 'string' && header.split(',').some((token) => token.trim() === 'gzip')
}

async function writeWhole(
  request: ApiRequest,
  reply: ServerReply,
  code: number,
  contentType: string | undefined,
  body: Uint8Array | string,
): Promise<number> {
  let bytes = typeof body === 'string' ? Buffer.from(body) : body
  if (contentType !== undefined) reply.setHeader('content-type', contentType)
  if (bytes.length > GZIP_FROM_BYTES && acceptsGzip(request) && !reply.hasHeader('content-encoding')) {
    bytes = await gzipAsync(bytes, { level: 1 })
    reply.setHeader('content-encoding', 'gzip')
    reply.setHeader('vary', 'Accept-Encoding')
  }
  const hasBody = request.head.method !== 'HEAD' && code !== 204
  if (hasBody || bytes.length > 0) reply.setHeader('content-length', bytes.length)
  reply.writeHead(code)
  await new Promise<void>((resolve) => {
    reply.once('close', resolve)
    asStream(reply).end(hasBody ? bytes : undefined, () => resolve())
  })
  return bytes.length
}

/** A list in pieces: whole when it is small, compressed from its first byte when it is large. */
async function writeChunks(
  request: ApiRequest,
  reply: ServerReply,
  contentType: string,
  chunks: AsyncGenerator<Uint8Array>,
): Promise<number> {
  const first = await chunks.next()
  const second = await chunks.next()
  if (first.done || second.done)
    return writeWhole(request, reply, 200, contentType, first.done ? '' : first.value)
  reply.setHeader('content-type', contentType)
  if (!acceptsGzip(request)) {
    reply.writeHead(200)
    return pipe(joined(first.value, second.value, chunks), reply)
  }
  reply.setHeader('content-encoding', 'gzip')
  reply.setHeader('vary', 'Accept-Encoding')
  reply.writeHead(200)
  const zip = createGzip({ level: 1 })
  const done = pipe(zip, reply)
  await feed(joined(first.value, second.value, chunks), zip)
  return done
}

async function* joined(
  first: Uint8Array,
  second: Uint8Array,
  rest: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first
  yield second
  yield* rest
}

async function feed(chunks: AsyncIterable<Uint8Array>, zip: ReturnType<typeof createGzip>): Promise<void> {
  for await (const chunk of chunks) {
    if (!zip.write(chunk)) await new Promise<void>((resolve) => zip.once('drain', resolve))
  }
  zip.end()
}

/** Writes pieces as fast as the client reads them. */
async function pipe(chunks: AsyncIterable<Uint8Array>, reply: ServerReply): Promise<number> {
  let bytes = 0
  for await (const chunk of chunks) {
    if (reply.destroyed || reply.writableEnded) throw new Error('the client is gone')
    bytes += chunk.length
    if (!asStream(reply).write(chunk)) await drained(reply)
  }
  await new Promise<void>((resolve) => {
    reply.once('close', resolve)
    reply.end(() => resolve())
  })
  return bytes
}

/** Resolves when there is room again; rejects when there never will be. */
export function drained(reply: ServerReply): Promise<void> {
  return new Promise((resolve, reject) => {
    const onDrain = () => {
      reply.off('close', onClose)
      resolve()
    }
    const onClose = () => {
      reply.off('drain', onDrain)
      reject(new Error('the client is gone'))
    }
    reply.once('drain', onDrain)
    reply.once('close', onClose)
  })
}

/** Sends the headers now, before there is anything to say. */
export function flush(reply: ServerReply): void {
  if ('flushHeaders' in reply && typeof reply.flushHeaders === 'function') reply.flushHeaders()
}
