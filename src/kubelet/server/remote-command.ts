// exec and attach over WebSocket, translated to the SPDY streams of the runtime.
//
//   client ─WebSocket channels─▶ here ─SPDY streams─▶ runtime's streaming server ─▶ the process
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/proxy/streamtranslator.go

import type { WebSocket } from 'ws'
import type { ExecStreams } from '#kubelet/cri/runtime.ts'
import { connectSpdy, type SpdyConnection, type SpdyStream } from '#kubelet/server/spdy-connection.ts'
import { type ChannelProtocol, decodeMessage, encodeMessage } from '#kubelet/server/websocket-channels.ts'
import { bytesOf, MAX_BUFFERED_BYTES } from '#kubelet/server/websocket-server.ts'

const STDIN = 0
const STDOUT = 1
const STDERR = 2
const ERROR = 3
const RESIZE = 4

const SPDY_PROTOCOLS = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']
const NORMAL_CLOSURE = 1000

/** Resolves when the session is over and the WebSocket closed. */
export async function translateCommand(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  url: string,
  streams: ExecStreams,
): Promise<void> {
  const early: Buffer[] = []
  let onMessage = (message: Buffer): void => void early.push(message)
  webSocket.on('message', (data) => onMessage(bytesOf(data)))
  const closed = new Promise<void>((resolve) => webSocket.once('close', () => resolve()))
  const connection = await connectSpdy(url, SPDY_PROTOCOLS)
  webSocket.once('close', () => connection.close())
  try {
    const open = openStreams(connection, streams)
    await Promise.all([...open.values()].map((stream) => stream.opened))
    const ended = relayOutput(webSocket, protocol, connection, open)
    greet(webSocket, protocol, streams)
    onMessage = (message) => relayInput(protocol, open, message)
    for (const message of early.splice(0)) onMessage(message)
    await Promise.race([ended, closed])
  } finally {
    webSocket.close(NORMAL_CLOSURE)
    connection.close()
  }
}

function openStreams(connection: SpdyConnection, streams: ExecStreams): Map<number, SpdyStream> {
  const open = new Map<number, SpdyStream>()
  const wanted: readonly (readonly [number, string, boolean])[] = [
    [ERROR, 'error', true],
    [STDIN, 'stdin', streams.stdin],
    [STDOUT, 'stdout', streams.stdout],
    [STDERR, 'stderr', streams.stderr && !streams.tty],
    [RESIZE, 'resize', streams.tty],
  ]
  for (const [channel, streamtype, isWanted] of wanted) {
    if (isWanted) open.set(channel, connection.openStream({ streamtype }))
  }
  return open
}

/** An empty message on the lowest channel tells the client that the session stands. */
function greet(webSocket: WebSocket, protocol: ChannelProtocol, streams: ExecStreams): void {
  const channel = streams.stdout ? STDOUT : streams.stderr ? STDERR : ERROR
  webSocket.send(encodeMessage(protocol, channel, Buffer.alloc(0)))
}

function relayInput(protocol: ChannelProtocol, open: ReadonlyMap<number, SpdyStream>, message: Buffer): void {
  const decoded = decodeMessage(protocol, message)
  const stream = decoded && open.get(decoded.channel)
  if (!decoded || !stream || (decoded.channel !== STDIN && decoded.channel !== RESIZE)) return
  if (decoded.kind === 'close') stream.end()
  else if (decoded.data.length > 0) void stream.write(decoded.data)
}

/** Resolves when the error stream has ended and the outputs with it: then the process is over. */
function relayOutput(
  webSocket: WebSocket,
  protocol: ChannelProtocol,
  connection: SpdyConnection,
  open: ReadonlyMap<number, SpdyStream>,
): Promise<void> {
  const send = (channel: number, data: Uint8Array): void => {
    webSocket.send(encodeMessage(protocol, channel, data), () => {
      if (webSocket.bufferedAmount < MAX_BUFFERED_BYTES) connection.resume()
    })
    if (webSocket.bufferedAmount >= MAX_BUFFERED_BYTES) connection.pause()
  }
  const outputs = [STDOUT, STDERR, ERROR].flatMap((channel) => {
    const stream = open.get(channel)
    return stream ? [{ channel, stream }] : []
  })
  let status = Buffer.alloc(0)
  const ends = outputs.map(
    ({ channel, stream }) =>
      new Promise<void>((resolve) => {
        stream.onData((data) => {
          if (channel === ERROR) status = Buffer.concat([status, data])
          else send(channel, data)
        })
        stream.onEnd(resolve)
      }),
  )
  return Promise.all(ends).then(() => {
    const last = protocol.version >= 4 ? status : Buffer.from(wordsOf(status))
    if (last.length > 0) send(ERROR, last)
  })
}

/** For clients that do not know a Status: its message, if it is a failure. */
function wordsOf(status: Buffer): string {
  const text = status.toString('utf8')
  try {
    const parsed = JSON.parse(text) as { status?: string; message?: string }
    return parsed.status === 'Success' ? '' : (parsed.message ?? text)
  } catch {
    return text
  }
}
