// Takes WebSocket connections on the kubelet's port, whatever subprotocol they speak.
//
// The library knows only subprotocols that are plain words; kubectl's port-forward offers one with a slash. So the
// choice is made here, and the library only carries the messages.

import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'

/** Larger messages than any client sends: kubectl cuts at 32 KiB. */
const MAX_MESSAGE_BYTES = 16 * 1024 * 1024
/** What waits to be sent before the source is asked to pause. */
export const MAX_BUFFERED_BYTES = 1024 * 1024

/** Completes the handshake; `protocol` '' names none. */
export function acceptWebSocket(
  request: IncomingMessage,
  socket: Duplex,
  head: Buffer,
  protocol: string,
): Promise<WebSocket> {
  const server = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_MESSAGE_BYTES,
    perMessageDeflate: false,
  })
  delete request.headers['sec-websocket-protocol']
  server.on('headers', (headers) => {
    if (protocol !== '') headers.push(`Sec-WebSocket-Protocol: ${protocol}`)
  })
  return new Promise((resolve, reject) => {
    socket.once('error', reject)
    server.handleUpgrade(request, socket, head, (webSocket) => {
      socket.removeListener('error', reject)
      webSocket.on('error', () => webSocket.terminate())
      resolve(webSocket)
    })
  })
}

/** The bytes of a message, however they came. */
export function bytesOf(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Buffer.isBuffer(data)) return data
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data)
}
