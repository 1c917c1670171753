// The sockets of the API server: one TLS port that speaks HTTP/2 and HTTP/1.1, and upgrades to WebSocket and SPDY.
//
// It only accepts, bounds and drains; what a request means is decided by `serve` (serve.ts). A client certificate is
// asked for but not demanded: who has none may bring a token. Every connection has a bound: of streams, of header
// size and time, of idleness. Upstream: staging/src/k8s.io/apiserver/pkg/server/secure_serving.go

import { constants } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import {
  createSecureServer,
  type Http2SecureServer,
  type Http2ServerRequest,
  type Http2ServerResponse,
  type ServerHttp2Session,
} from 'node:http2'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Clock } from '#sys/clock.ts'

export type ServerRequest = IncomingMessage | Http2ServerRequest
export type ServerReply = ServerResponse | Http2ServerResponse

/** Both kinds of reply write alike; only their types do not say so. */
export const asStream = (reply: ServerReply): ServerResponse => reply as ServerResponse

export interface TlsFiles {
  /** PEM. */
  readonly cert: string | Buffer
  readonly key: string | Buffer
  /** Who may sign client certificates; sent to clients as a hint, verified by authentication. */
  readonly clientCa?: string | Buffer | readonly (string | Buffer)[]
}

export interface ListenerOptions {
  readonly host: string
  /** 0 for any free one. */
  readonly port: number
  readonly tls: TlsFiles
  readonly clock: Clock
  onRequest(request: ServerRequest, reply: ServerReply): void
  onUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void
}

export interface Listener {
  readonly address: AddressInfo
  /** Serves new handshakes with these files from now on: certificates are renewed without a restart. */
  updateTls(tls: TlsFiles): void
  /** Takes no new connections, asks clients to leave, waits for what is under way, and cuts what remains. */
  close(graceMs: number): Promise<void>
}

/** Go's own default is 250; clients with many informers need more on their one connection. */
const MAX_CONCURRENT_STREAMS = 10_000
/** Above this a connection gets no new streams; Node's 10 are too few for all the watches of a controller manager. */
const MAX_SESSION_MEGABYTES = 128
const MAX_CONNECTIONS = 8_192
const HEADERS_TIMEOUT_MS = 32_000
const IDLE_TIMEOUT_MS = 90_000
const MAX_HEADER_BYTES = 1 << 20

/**
 * A ticket carries the client's certificate, which OpenSSL decodes once more for each of the two that it sends after every
 * handshake; clients of Kubernetes keep their connections and do not come back with one.
 */
const WITHOUT_TICKETS = constants.SSL_OP_NO_TICKET

/** Begins to listen; rejects when the address is taken. */
export async function listen(options: ListenerOptions): Promise<Listener> {
  const server = createSecureServer({
    ...contextOf(options.tls),
    allowHTTP1: true,
    requestCert: true,
    rejectUnauthorized: false,
    minVersion: 'TLSv1.2',
    secureOptions: WITHOUT_TICKETS,
    handshakeTimeout: HEADERS_TIMEOUT_MS,
    maxHeaderListPairs: 256,
    maxSessionMemory: MAX_SESSION_MEGABYTES,
    settings: {
      maxConcurrentStreams: MAX_CONCURRENT_STREAMS,
      initialWindowSize: 1 << 20,
      maxHeaderListSize: MAX_HEADER_BYTES,
    },
  })
  server.maxConnections = MAX_CONNECTIONS
  boundHttp1(server)
  const connections = trackConnections(server)
  server.on('request', options.onRequest)
  server.on('upgrade', options.onUpgrade)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: options.host, port: options.port, backlog: 1024 }, () => {
      server.off('error', reject)
      resolve()
    })
  })
  // after a client's broken handshake or reset there is nobody to tell
  server.on('sessionError', () => undefined)
  return {
    address: server.address() as AddressInfo,
    updateTls: (tls) => server.setSecureContext(contextOf(tls)),
    close: (graceMs) => drain(server, connections, graceMs, options.clock),
  }
}

function contextOf(tls: TlsFiles) {
  const ca =
    tls.clientCa === undefined ? undefined : Array.isArray(tls.clientCa) ? [...tls.clientCa] : tls.clientCa
  return {
    cert: tls.cert,
    key: tls.key,
    ...(ca !== undefined && { ca: ca as string | Buffer | (string | Buffer)[] }),
  }
}

/** The HTTP/1.1 half has its bounds as plain properties of the server. */
function boundHttp1(server: Http2SecureServer): void {
  Object.assign(server, {
    headersTimeout: HEADERS_TIMEOUT_MS,
    keepAliveTimeout: IDLE_TIMEOUT_MS,
    requestTimeout: 0,
    maxHeadersCount: 256,
  })
}

interface Connections {
  readonly sessions: Set<ServerHttp2Session>
  readonly sockets: Set<TLSSocket>
}

function trackConnections(server: Http2SecureServer): Connections {
  const sessions = new Set<ServerHttp2Session>()
  const sockets = new Set<TLSSocket>()
  server.on('secureConnection', (socket: TLSSocket) => {
    socket.setNoDelay(true)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    socket.on('error', () => socket.destroy())
  })
  server.on('session', (session) => {
    sessions.add(session)
    session.once('close', () => sessions.delete(session))
    session.on('error', () => session.destroy())
    closeWhenIdle(session)
  })
  return { sessions, sockets }
}

/** A session without streams is closed after a while; one with a watch is not idle, though nothing may flow. */
function closeWhenIdle(session: ServerHttp2Session): void {
  let streams = 0
  session.on('stream', (stream) => {
    streams++
    stream.once('close', () => streams--)
  })
  session.setTimeout(IDLE_TIMEOUT_MS, () => {
    if (streams === 0) session.close()
  })
}

async function drain(
  server: Http2SecureServer,
  connections: Connections,
  graceMs: number,
  clock: Clock,
): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()))
  for (const session of connections.sessions) session.close()
  const http1 = server as unknown as { closeIdleConnections?(): void }
  http1.closeIdleConnections?.()
  const cut = clock.after(graceMs, () => {
    for (const session of connections.sessions) session.destroy()
    for (const socket of connections.sockets) socket.destroy()
  })
  await closed
  cut.cancel()
  for (const socket of connections.sockets) socket.destroy()
}
