// port-forward over WebSocket: kubectl's tunnel, which carries SPDY itself, and the older one with channels.
//
// Upstream: staging/src/k8s.io/streaming (portforward), apiserver/pkg/util/proxy/translatinghandler.go

import type { WebSocket } from 'ws'
import { connectSpdy, type SpdyConnection, upgradeToSpdy } from '#kubelet/server/spdy-connection.ts'
import { type ChannelProtocol, decodeMessage, encodeMessage } from '#kubelet/server/websocket-channels.ts'
import { bytesOf, MAX_BUFFERED_BYTES } from '#kubelet/server/websocket-server.ts'

/** The subprotocol of the tunnel. */
export const TUNNEL = 'SPDY/3.1+portforward.k8s.io'
const PORT_FORWARD = 'portforward.k8s.io'
const NORMAL_CLOSURE = 1000

/** Messages are pieces of one SPDY connection: they go to the runtime as they are. */
export async function tunnelPorts(webSocket: WebSocket, url: string): Promise<void> {
  const early: Buffer[] = []
  let onMessage = (data: Buffer): void => void early.push(data)
  webSocket.on('message', (data) => onMessage(bytesOf(data)))
  const { socket, head } = await upgradeToSpdy(url, [PORT_FORWARD])
  await new Promise<void>((resolve) => {
    webSocket.once('close', () => socket.destroy())
    socket.once('close', () => {
      webSocket.close(NORMAL_CLOSURE)
      resolve()
    })
    socket.on('error', () => socket.destroy())
    socket.on('data', (data: Buffer) => {
      webSocket.send(data, () => {
        if (webSocket.bufferedAmount < MAX_BUFFERED_BYTES) socket.resume()
      })
      if (webSocket.bufferedAmount >= MAX_BUFFERED_BYTES) socket.pause()
    })
    if (head.length > 0) socket.unshift(head)
    onMessage = (data) => {
      if (socket.write(data)) return
      webSocket.pause()
      socket.once('drain', () => webSocket.resume())
    }
    for (const data of early.splice(0)) onMessage(data)
  })
}

/** Two channels a port, data and errors; each begins with the port's number. */
export async function forwardChannels(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  url: string,
  ports: readonly number[],
): Promise<void> {
  const connection = await connectSpdy(url, [PORT_FORWARD])
  const send = (channel: number, data: Uint8Array): void =>
    webSocket.send(encodeMessage(protocol, channel, data), () => undefined)
  const dataStreams = ports.map((port, position) => forwardOne(connection, port, position, send))
  webSocket.on('message', (raw) => {
    const message = decodeMessage(protocol, bytesOf(raw))
    if (message?.kind === 'data' && message.channel % 2 === 0)
      void dataStreams[message.channel / 2]?.write(message.data)
  })
  await new Promise<void>((resolve) => {
    webSocket.once('close', () => {
      connection.close()
      resolve()
    })
    connection.onClose(() => webSocket.close(NORMAL_CLOSURE))
  })
}

function forwardOne(
  connection: SpdyConnection,
  port: number,
  position: number,
  send: (channel: number, data: Uint8Array) => void,
) {
  const headers = { port: String(port), requestid: String(position) }
  const error = connection.openStream({ ...headers, streamtype: 'error' })
  const data = connection.openStream({ ...headers, streamtype: 'data' })
  const number = Buffer.alloc(2)
  number.writeUInt16LE(port)
  for (const channel of [position * 2, position * 2 + 1]) send(channel, number)
  data.onData((bytes) => send(position * 2, bytes))
  error.onData((bytes) => send(position * 2 + 1, bytes))
  error.end()
  return data
}
