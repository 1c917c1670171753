// Passes an upgraded connection (WebSocket or SPDY/3.1) on to where it is meant for, byte by byte.
//
// The request is sent again to the target; when it switches protocols, both sockets are tied together until one of them
// ends. What is said in the protocol is between client and kubelet: the server understands none of it, so every version
// of kubectl works that the kubelet understands. Upstream: staging/src/k8s.io/apimachinery/pkg/util/proxy/upgradeaware.go

import type { ClientRequest, IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { badRequest, serviceUnavailable } from '#api/meta/status.ts'
import type { ApiRequest, ApiResponse } from '#apiserver/exchange.ts'
import {
  type ForwardedHeaders,
  type ForwardTarget,
  isIdentity,
  openRequest,
} from '#apiserver/http/forward.ts'

const CONNECT_TIMEOUT_MS = 10_000

/** Headers that are the server's own business with the client. */
const PRIVATE_HEADERS = new Set(['authorization', 'host', 'content-length'])

/** Belong to the one connection on which the target refused, not to the client's. */
const REFUSAL_HEADERS = new Set(['connection', 'keep-alive', 'transfer-encoding'])

/**
 * Ties the client's connection to the target's; throws 400 when the client did not ask for an upgrade. `own` are headers
 * by which this server says who asks: none of a client stands beside them.
 */
export async function proxyUpgrade(
  request: ApiRequest,
  target: ForwardTarget,
  own: ForwardedHeaders = {},
): Promise<ApiResponse> {
  const { upgrade } = request
  if (!upgrade) throw badRequest('Upgrade request required')
  const outgoing = send(request, target, own)
  return await new Promise<ApiResponse>((resolve, reject) => {
    outgoing.on('error', (error) =>
      reject(serviceUnavailable(`error trying to reach service: ${error.message}`)),
    )
    outgoing.on('upgrade', (answer, socket, head) => {
      upgrade.socket.write(headOf(answer))
      tie(upgrade.socket, socket, upgrade.head, head)
      resolve({ type: 'hijacked' })
    })
    outgoing.on('response', (answer) => {
      // the target refused: its answer is the client's answer, and the last on this connection
      upgrade.socket.write(headOf(answer, REFUSAL_HEADERS, 'Connection: close\r\n'))
      answer.pipe(upgrade.socket)
      resolve({ type: 'hijacked' })
    })
  })
}

function send(request: ApiRequest, target: ForwardTarget, own: ForwardedHeaders): ClientRequest {
  const headers: ForwardedHeaders = {}
  for (const [name, value] of Object.entries(request.head.headers)) {
    if (value === undefined || PRIVATE_HEADERS.has(name) || isIdentity(name)) continue
    headers[name] = typeof value === 'string' ? value : [...value]
  }
  const outgoing = openRequest(request, target, { ...headers, ...own }, request.signal)
  outgoing.setTimeout(CONNECT_TIMEOUT_MS, () => outgoing.destroy(new Error('no answer')))
  outgoing.end()
  return outgoing
}

function headOf(answer: IncomingMessage, without: ReadonlySet<string> = new Set(), more = ''): string {
  let text = `HTTP/1.1 ${answer.statusCode} ${answer.statusMessage}\r\n`
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    const name = answer.rawHeaders[i]!
    if (!without.has(name.toLowerCase())) text += `${name}: ${answer.rawHeaders[i + 1]}\r\n`
  }
  return `${text}${more}\r\n`
}

function tie(client: Duplex, target: Duplex, fromClient: Uint8Array, fromTarget: Uint8Array): void {
  for (const socket of [client, target]) {
    if ('setTimeout' in socket) (socket as import('node:net').Socket).setTimeout(0)
    if ('setNoDelay' in socket) (socket as import('node:net').Socket).setNoDelay(true)
  }
  if (fromTarget.length > 0) client.write(fromTarget)
  if (fromClient.length > 0) target.write(fromClient)
  client.pipe(target)
  target.pipe(client)
  client.once('close', () => target.destroy())
  target.once('close', () => client.destroy())
  client.on('error', () => target.destroy())
  target.on('error', () => client.destroy())
}
