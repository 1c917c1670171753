// Watches and logs over a WebSocket, for browsers: one message an event, or one a piece of the log.
//
// The client says nothing; when it closes, the watch ends. A client that does not read is waited for, as on any other
// connection. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/watch.go (HandleWS),
// staging/src/k8s.io/streaming/pkg/httpstream/wsstream

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { JsonObject } from '#api/meta/object.ts'
import { StatusError } from '#api/meta/status.ts'
import type { ApiRequest, ApiResponse } from '#apiserver/exchange.ts'
import type { TransformContext } from '#apiserver/http/transform.ts'
import { frameOf, framerOf } from '#apiserver/http/watch-writer.ts'

type StreamResponse = Extract<ApiResponse, { type: 'watch' | 'stream' }>

const PROTOCOLS = ['base64.binary.k8s.io', 'binary.k8s.io', '']

/** A message that waits for a client that does not read is as much as is kept for it. */
const MAX_BUFFERED_BYTES = 1 << 20

export const isWebSocket = (request: IncomingMessage): boolean =>
  request.headers.upgrade?.toLowerCase() === 'websocket'

/** Switches protocols and sends the answer; resolves when it is complete or the client has gone. */
export async function respondOverWebSocket(
  apiRequest: ApiRequest,
  response: StreamResponse,
  connection: { readonly request: IncomingMessage; readonly socket: Duplex; readonly head: Buffer },
  context: TransformContext,
): Promise<void> {
  const socket = await accept(connection)
  socket.on('error', () => socket.terminate())
  try {
    if (response.type === 'watch') await sendWatch(socket, apiRequest, response, context)
    else await sendStream(socket, response)
  } finally {
    socket.close(1000)
  }
}

function accept({
  request,
  socket,
  head,
}: {
  request: IncomingMessage
  socket: Duplex
  head: Buffer
}): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => PROTOCOLS.find((protocol) => offered.has(protocol)) ?? false,
  })
  return new Promise((resolve) => server.handleUpgrade(request, socket, head, resolve))
}

async function sendWatch(
  socket: WebSocket,
  { signal }: ApiRequest,
  { watch, format }: Extract<StreamResponse, { type: 'watch' }>,
  context: TransformContext,
): Promise<void> {
  const frame = framerOf(watch, format, context)
  const binary = format.mediaType === 'application/vnd.kubernetes.protobuf'
  const controller = new AbortController()
  const end = () => controller.abort()
  signal.addEventListener('abort', end, { once: true })
  socket.once('close', end)
  try {
    await watch.run((events) => {
      let last: Promise<void> | undefined
      for (const event of events) last = send(socket, frame(event), binary)
      return last
    }, controller.signal)
  } catch (error) {
    if (!(error instanceof StatusError)) throw error
    await send(socket, frameOf('ERROR', error.status as unknown as JsonObject, format), binary)
  }
}

async function sendStream(
  socket: WebSocket,
  response: Extract<StreamResponse, { type: 'stream' }>,
): Promise<void> {
  const isText = socket.protocol === 'base64.binary.k8s.io'
  for await (const chunk of response.body) {
    if (socket.readyState !== socket.OPEN) return
    const data = isText ? Buffer.from(Buffer.from(chunk).toString('base64')) : chunk
    await send(socket, data, !isText)
  }
}

/** Undefined while there is room; else a promise for when there is. */
function send(socket: WebSocket, data: Uint8Array, binary: boolean): Promise<void> | undefined {
  if (socket.readyState !== socket.OPEN) return undefined
  const isFull = socket.bufferedAmount > MAX_BUFFERED_BYTES
  const sent = new Promise<void>((resolve) => socket.send(data, { binary }, () => resolve()))
  return isFull ? sent : undefined
}
