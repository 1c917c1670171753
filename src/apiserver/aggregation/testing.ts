// An aggregated API for tests: a real HTTPS server with flunders, which believes only the front proxy.
//
// Its certificate is for the Service's name, and it demands a client certificate of the front proxy's authority: whoever
// does not show one gets no answer at all. It can go away and come back on the same port.

import { EventEmitter, once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import { WebSocketServer } from 'ws'
import { makeCertificate, type TestCertificate } from '#api/codec/testing-certificates.ts'
import { encodePem } from '#api/codec/x509.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { FrontProxyTls } from '#apiserver/aggregation/aggregator.ts'

export const GROUP = 'wardle.example.com'
export const API = `/apis/${GROUP}/v1`
export const FLUNDERS = `${API}/namespaces/default/flunders`

/** A request as it came, and who its certificate says it is from. */
export interface Asked extends Pick<IncomingMessage, 'url' | 'headers' | 'headersDistinct'> {
  readonly peer: string
}

export interface TestBackend {
  /** By which it knows the API server. */
  readonly frontProxyTls: FrontProxyTls
  /** PEM of the authority of its own certificate. */
  readonly ca: string
  readonly port: number
  /** What it was asked below FLUNDERS, in order. */
  readonly requests: readonly Asked[]
  /** Documents besides, by path: OpenAPI. */
  readonly documents: Map<string, JsonObject>
  /** Resolves at the next watch. */
  watched(): Promise<unknown>
  /** Sends an event to whoever watches. */
  emit(type: string, name: string): void
  start(): Promise<void>
  stop(): Promise<void>
}

export const flunder = (name: string): JsonObject => ({
  kind: 'Flunder',
  apiVersion: `${GROUP}/v1`,
  metadata: { name, namespace: 'default' },
})

const RESOURCES: JsonObject = {
  kind: 'APIResourceList',
  apiVersion: 'v1',
  groupVersion: `${GROUP}/v1`,
  resources: [
    {
      name: 'flunders',
      singularName: 'flunder',
      kind: 'Flunder',
      namespaced: true,
      verbs: ['get', 'list', 'watch'],
    },
  ],
}

/** Starts it; it is behind the Service `wardle` in `default`. `nowMs`: wall time. */
export async function startTestBackend(nowMs: number): Promise<TestBackend> {
  const from = nowMs - 3_600_000
  const authority = makeCertificate('backend-ca', undefined, { isCa: true, from })
  const proxyAuthority = makeCertificate('front-proxy-ca', undefined, { isCa: true, from })
  const dnsNames = ['wardle.default.svc']
  const own = makeCertificate('wardle', authority, { usages: ['serverAuth'], dnsNames, from })
  const tls = { ...pemOf(own), ca: pemOf(proxyAuthority).cert, requestCert: true, rejectUnauthorized: true }
  const requests: Asked[] = []
  const happens = new EventEmitter()
  const watchers = new Set<ServerResponse>()
  const documents: TestBackend['documents'] = new Map()
  let server: Server
  let port = 0

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const url = new URL(request.url ?? '/', 'https://wardle')
    const document = documents.get(url.pathname)
    if (document) sendJson(response, 200, document)
    else if (url.pathname === API) sendJson(response, 200, RESOURCES)
    else if (!url.pathname.startsWith(FLUNDERS)) sendJson(response, 404, {})
    else answerFlunders(request, response, url.searchParams.has('watch'))
  }

  function answerFlunders(request: IncomingMessage, response: ServerResponse, isWatch: boolean): void {
    requests.push(askedBy(request))
    if (!isWatch) {
      sendJson(response, 200, flunder('one'))
      return
    }
    response.writeHead(200, { 'content-type': 'application/json' }).flushHeaders()
    watchers.add(response)
    happens.emit('watch')
    response.once('close', () => watchers.delete(response))
  }

  const backend = {
    frontProxyTls: pemOf(makeCertificate('front-proxy-client', proxyAuthority, { from })),
    ca: pemOf(authority).cert,
    requests,
    documents,
    get port() {
      return port
    },
    watched: () => once(happens, 'watch'),
    emit(type: string, name: string) {
      for (const watcher of watchers) watcher.write(`${JSON.stringify({ type, object: flunder(name) })}\n`)
    },
    async start() {
      server = createServer(tls, answer)
      server.on('upgrade', (request, socket, head) => {
        requests.push(askedBy(request))
        answerUpgrade(request, socket, head)
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening')
      port = (server.address() as AddressInfo).port
    },
    async stop() {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
  await backend.start()
  return backend
}

const askedBy = ({ url, headers, headersDistinct, socket }: IncomingMessage): Asked => ({
  url: url ?? '',
  headers,
  headersDistinct,
  peer: String((socket as TLSSocket).getPeerCertificate().subject.CN),
})

/** Echoes over a WebSocket, or plain bytes over anything else; refuses paths that end so. */
function answerUpgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
  socket.on('error', () => socket.destroy())
  if (request.url?.endsWith('/refuse')) {
    socket.end(
      'HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n2\r\nno\r\n0\r\n\r\n',
    )
  } else if (request.headers.upgrade === 'websocket') {
    new WebSocketServer({ noServer: true }).handleUpgrade(request, socket, head, (connection) => {
      connection.on('message', (data) => connection.send(data))
    })
  } else {
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ${request.headers.upgrade}\r\n\r\n`,
    )
    socket.write(head)
    socket.pipe(socket)
  }
}

function sendJson(response: ServerResponse, code: number, object: JsonObject): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(JSON.stringify(object))
}

function pemOf({ der, key }: TestCertificate): FrontProxyTls {
  return {
    cert: encodePem(der, 'CERTIFICATE'),
    key: key.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}
