// A request passed on to another server, and its answer: for the proxy subresource and for aggregated APIs.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go

import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest, type RequestOptions } from 'node:https'
import { serviceUnavailable } from '#api/meta/status.ts'
import type { ApiRequest } from '#apiserver/exchange.ts'

/** Where to: a kubelet, a pod, an API server of others. */
export interface ForwardTarget {
  readonly protocol: 'http:' | 'https:'
  readonly host: string
  readonly port: number
  /** With its query. */
  readonly path: string
  readonly tls?: RequestOptions | undefined
}

const CONNECT_TIMEOUT_MS = 30_000

export type ForwardedHeaders = Record<string, string | string[]>

/** Hop-by-hop headers, and those that are between the client and the API server. */
const NOT_FORWARDED = new Set([
  'authorization',
  'connection',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
])

/** Headers that say who asks, or as whom: this server alone says that to those behind it. */
export const isIdentity = (name: string): boolean =>
  name.startsWith('impersonate-') || name.startsWith('x-remote-')

/** The client's headers, less what is between it and this server, and where the request came from. */
export function forwardedHeaders(request: ApiRequest, uri: string): ForwardedHeaders {
  const headers: ForwardedHeaders = {}
  for (const [name, value] of Object.entries(request.head.headers)) {
    if (value === undefined || name.startsWith(':') || NOT_FORWARDED.has(name) || isIdentity(name)) continue
    headers[name] = typeof value === 'string' ? value : [...value]
  }
  headers['x-forwarded-uri'] = uri
  const host = request.head.headers[':authority'] ?? request.head.headers['host']
  if (typeof host === 'string') headers['x-forwarded-host'] = host
  headers['x-forwarded-proto'] = 'https'
  headers['x-forwarded-for'] = request.head.remoteAddress
  return headers
}

/** Begins the request anew at the target, on a connection of its own; `signal` destroys it. */
export function openRequest(
  { head }: ApiRequest,
  { protocol, host, port, path, tls }: ForwardTarget,
  headers: ForwardedHeaders,
  signal: AbortSignal,
): ClientRequest {
  const open = protocol === 'https:' ? httpsRequest : httpRequest
  return open({ host, port, path, method: head.method, headers, agent: false, signal, ...tls })
}

/** Sends the request on; resolves with the head of the answer. Throws 503 when nobody answers. */
export function sendOn(
  request: ApiRequest,
  target: ForwardTarget,
  headers: ForwardedHeaders,
): Promise<IncomingMessage> {
  const { body } = request
  return new Promise((resolve, reject) => {
    const outgoing = openRequest(request, target, headers, request.signal)
    outgoing.on('response', (answer) => {
      answer.socket.setTimeout(0)
      resolve(answer)
    })
    outgoing.on('error', (error) =>
      reject(serviceUnavailable(`error trying to reach service: ${error.message}`)),
    )
    outgoing.setTimeout(CONNECT_TIMEOUT_MS, () => outgoing.destroy(new Error('i/o timeout')))
    if (body.type === 'bytes') void pump(body.stream, outgoing)
    else outgoing.end(body.type === 'object' ? JSON.stringify(body.object) : undefined)
  })
}

async function pump(stream: AsyncIterable<Uint8Array>, outgoing: ClientRequest): Promise<void> {
  try {
    for await (const chunk of stream) {
      if (outgoing.destroyed) return
      if (!outgoing.write(chunk))
        await new Promise((resolve) => outgoing.once('drain', resolve).once('close', resolve))
    }
    outgoing.end()
  } catch (error) {
    outgoing.destroy(error as Error)
  }
}

/** The headers of an answer that are meant for the client. */
export function endToEndHeaders(answer: IncomingMessage): Record<string, string | string[]> {
  const headers: ForwardedHeaders = {}
  for (const [name, value] of Object.entries(answer.headers)) {
    if (value !== undefined && !NOT_FORWARDED.has(name)) headers[name] = value
  }
  return headers
}
