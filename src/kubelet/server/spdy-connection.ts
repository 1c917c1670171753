// A SPDY/3.1 connection to the runtime's streaming server, as its client: opens streams, moves bytes.
//
// Upstream: staging/src/k8s.io/streaming (httpstream/spdy). Left out: flow control, which neither side of these
// connections uses; what cannot be written yet waits in the socket, and the reader is slowed down with it.

import http from 'node:http'
import type { Duplex } from 'node:stream'
import { HttpError } from '#kubelet/server/server-context.ts'
import {
  createFrameReader,
  dataFrames,
  GOAWAY,
  PING,
  pingFrame,
  RST_STREAM,
  resetFrame,
  type SpdyFrame,
  SYN_REPLY,
  synStream,
} from '#kubelet/server/spdy-frames.ts'

export interface SpdyStream {
  /** Resolves when the other end has taken the stream. */
  readonly opened: Promise<void>
  /** Resolves when more may be written. */
  write(data: Uint8Array): Promise<void>
  /** Nothing more will be written; the other direction stays open. */
  end(): void
  reset(): void
  onData(listener: (data: Buffer) => void): void
  /** The other end has finished or reset the stream, or the connection is gone. */
  onEnd(listener: () => void): void
}

export interface SpdyConnection {
  /** What the server chose of the protocols that were offered. */
  readonly protocol: string
  openStream(headers: Readonly<Record<string, string>>): SpdyStream
  /** Stops reading until `resume`: the consumer is behind. */
  pause(): void
  resume(): void
  onClose(listener: () => void): void
  close(): void
}

interface OpenStream {
  readonly listeners: ((data: Buffer) => void)[]
  readonly endListeners: (() => void)[]
  readonly early: Buffer[]
  markOpened(): void
  hasEnded: boolean
}

const CONNECT_MS = 10_000

/** Sends the request of an upgrade and waits for the switch; rejects with HttpError when it is refused. */
export function upgradeToSpdy(
  url: string,
  protocols: readonly string[],
): Promise<{ socket: Duplex; head: Buffer; answer: http.IncomingMessage }> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, {
      method: 'POST',
      agent: false,
      headers: {
        connection: 'Upgrade',
        upgrade: 'SPDY/3.1',
        'x-stream-protocol-version': protocols as string[],
      },
    })
    request.setTimeout(CONNECT_MS, () => request.destroy(new Error('the runtime does not answer')))
    request.once('upgrade', (answer, socket, head) => {
      socket.setTimeout(0)
      resolve({ socket, head, answer })
    })
    request.once('response', (answer) => {
      answer.resume()
      reject(new HttpError(500, `the runtime refused to stream: ${answer.statusCode}`))
    })
    request.once('error', (error) => reject(new HttpError(500, `cannot reach the runtime: ${error.message}`)))
    request.end()
  })
}

export async function connectSpdy(url: string, protocols: readonly string[]): Promise<SpdyConnection> {
  const { socket, head, answer } = await upgradeToSpdy(url, protocols)
  const protocol = String(answer.headers['x-stream-protocol-version'] ?? '')
  const streams = new Map<number, OpenStream>()
  const closeListeners: (() => void)[] = []
  const read = createFrameReader()
  let nextId = 1
  let isClosed = false

  function onFrame(frame: SpdyFrame): void {
    if (frame.kind === 'data') {
      const stream = streams.get(frame.streamId)
      if (!stream) return
      if (frame.data.length > 0) deliver(stream, frame.data)
      if (frame.isLast) finish(stream)
    } else if (frame.type === PING) socket.write(pingFrame(frame.body))
    else if (frame.type === GOAWAY) socket.end()
    else if (frame.type === SYN_REPLY || frame.type === RST_STREAM) {
      const stream = streams.get(frame.body.readUInt32BE(0) & 0x7fffffff)
      stream?.markOpened()
      if (stream && (frame.type === RST_STREAM || frame.isLast)) finish(stream)
    }
  }

  function onClosed(): void {
    if (isClosed) return
    isClosed = true
    for (const stream of streams.values()) {
      stream.markOpened()
      finish(stream)
    }
    for (const listener of closeListeners) listener()
  }

  socket.on('data', (chunk: Buffer) => {
    for (const frame of read(chunk)) onFrame(frame)
  })
  socket.once('end', () => socket.end())
  socket.once('close', onClosed)
  socket.on('error', () => socket.destroy())
  if (head.length > 0) socket.unshift(head)

  return {
    protocol,
    openStream(headers) {
      const id = nextId
      nextId += 2
      let markOpened: () => void = () => undefined
      const opened = new Promise<void>((resolve) => {
        markOpened = resolve
      })
      const stream: OpenStream = { listeners: [], endListeners: [], early: [], markOpened, hasEnded: false }
      streams.set(id, stream)
      socket.write(synStream(id, headers, id === 1))
      return handleOf(socket, id, stream, opened)
    },
    pause: () => socket.pause(),
    resume: () => socket.resume(),
    onClose(listener) {
      if (isClosed) listener()
      else closeListeners.push(listener)
    },
    close: () => socket.destroy(),
  }
}

/** Data that comes before anybody listens waits for the listener. */
function deliver(stream: OpenStream, data: Buffer): void {
  if (stream.listeners.length === 0) stream.early.push(data)
  for (const listener of stream.listeners) listener(data)
}

function finish(stream: OpenStream): void {
  if (stream.hasEnded) return
  stream.hasEnded = true
  for (const listener of stream.endListeners) listener()
}

function handleOf(socket: Duplex, id: number, stream: OpenStream, opened: Promise<void>): SpdyStream {
  const send = async (frame: Buffer): Promise<void> => {
    if (socket.destroyed || socket.write(frame)) return
    await new Promise<void>((resolve) => {
      socket.once('drain', resolve)
      socket.once('close', resolve)
    })
  }
  return {
    opened,
    write: (data) => send(dataFrames(id, data, false)),
    end: () => void send(dataFrames(id, Buffer.alloc(0), true)),
    reset: () => void send(resetFrame(id)),
    onData(listener) {
      stream.listeners.push(listener)
      for (const data of stream.early.splice(0)) listener(data)
    },
    onEnd(listener) {
      if (stream.hasEnded) listener()
      else stream.endListeners.push(listener)
    },
  }
}
