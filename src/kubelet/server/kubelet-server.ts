// The kubelet's own HTTPS server: logs, exec, attach, port-forward, what pods there are, statistics and metrics.
//
// The API server comes here with its client certificate; others with a token (access.ts). Every path needs a right.
// Upstream: pkg/kubelet/server/server.go. Left out: /run, /checkpoint, /configz, /debug.

import { readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import https from 'node:https'
import type { Duplex } from 'node:stream'
import type { Client } from '#client/client.ts'
import { createAccess } from '#kubelet/server/access.ts'
import { serveContainerLogs } from '#kubelet/server/container-logs.ts'
import { HttpError, type ServerContext } from '#kubelet/server/server-context.ts'
import { serveCommand, servePortForward, type Upgrade } from '#kubelet/server/streaming.ts'
import { untilAborted } from '#sys/abort.ts'

export interface KubeletServerOptions {
  readonly context: ServerContext
  readonly client: Client
  readonly address: string
  readonly port: number
  readonly certFile: string
  readonly keyFile: string
  readonly clientCAFile: string
  /** Answers for paths that others serve: `/metrics`, `/stats/summary`. Undefined when it is not theirs. */
  page(path: string): Promise<Page | undefined>
}

export interface Page {
  readonly contentType: string
  readonly body: string
}

/** How often it is looked whether the certificate was renewed. */
const RENEWAL_LOOK_MS = 60_000

/** Listens until `signal` aborts; rejects when the port cannot be had. */
export async function serveKubelet(options: KubeletServerOptions, signal: AbortSignal): Promise<void> {
  const { context, address, port } = options
  const access = createAccess({ client: options.client, clock: context.clock, nodeName: context.nodeName })
  const server = https.createServer({ ...secretsOf(options), requestCert: true, rejectUnauthorized: false })
  server.on('request', (request, response) => {
    answer(options, access, request, response).catch((error: unknown) => refuse(response, error))
  })
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    upgraded(options, access, { request, socket, head }).catch((error: unknown) =>
      refuseUpgrade(socket, error),
    )
  })
  // Whoever breaks off a handshake has not said anything yet.
  server.on('tlsClientError', (_error, socket) => socket.destroy())
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: address, port }, resolve)
  })
  const renewal = context.clock.every(RENEWAL_LOOK_MS, renewer(options, server))
  await untilAborted(signal)
  renewal.cancel()
  server.closeAllConnections()
  await new Promise<void>((resolve) => server.close(() => resolve()))
}

type Access = ReturnType<typeof createAccess>

function secretsOf({ certFile, keyFile, clientCAFile }: KubeletServerOptions): https.ServerOptions {
  return { cert: readFileSync(certFile), key: readFileSync(keyFile), ca: readFileSync(clientCAFile) }
}

/** Takes up a certificate that was written anew; a half-written one is left for the next look. */
function renewer(options: KubeletServerOptions, server: https.Server): () => void {
  const modified = (): number => statSync(options.certFile).mtimeMs
  let known = modified()
  return () => {
    try {
      const now = modified()
      if (now === known) return
      server.setSecureContext(secretsOf(options))
      known = now
    } catch (error) {
      options.context.log.warn({ error: String(error) }, 'the renewed serving certificate was not taken up')
    }
  }
}

async function authorized(
  access: Access,
  request: IncomingMessage,
): Promise<{ path: readonly string[]; query: URLSearchParams }> {
  const url = new URL(request.url ?? '/', 'https://kubelet')
  const decision = await access.check(request, url.pathname)
  if (!decision.isAllowed) throw new HttpError(decision.code, decision.message)
  const path = url.pathname.split('/').filter((part) => part !== '')
  return { path: path.map(decodeURIComponent), query: url.searchParams }
}

async function answer(
  options: KubeletServerOptions,
  access: Access,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { context } = options
  const { path, query } = await authorized(access, request)
  const [first = '', ...rest] = path
  switch (first) {
    case 'healthz': {
      const problem = context.healthProblem()
      if (problem !== undefined) throw new HttpError(500, `healthz check failed\n${problem}`)
      return send(response, { contentType: 'text/plain; charset=utf-8', body: 'ok' })
    }
    case 'pods':
      return send(response, { contentType: 'application/json', body: JSON.stringify(podList(context)) })
    case 'containerLogs':
      return await serveContainerLogs(context, rest, query, response)
    case 'exec':
    case 'attach':
    case 'portForward':
      throw new HttpError(400, 'Upgrade request required')
    default: {
      const page = await options.page(`/${path.join('/')}`)
      if (!page) throw new HttpError(404, '404 page not found')
      return send(response, page)
    }
  }
}

function send(response: ServerResponse, { contentType, body }: Page): void {
  response.writeHead(200, { 'content-type': contentType, 'content-length': Buffer.byteLength(body) })
  response.end(body)
}

function podList(context: ServerContext): object {
  const items = context.pods().map((pod) => ({ ...pod, status: context.statusOf(pod) }))
  return { kind: 'PodList', apiVersion: 'v1', metadata: {}, items }
}

async function upgraded(options: KubeletServerOptions, access: Access, upgrade: Upgrade): Promise<void> {
  const { path, query } = await authorized(access, upgrade.request)
  const [first = '', ...rest] = path
  if (first === 'exec' || first === 'attach') await serveCommand(options.context, first, rest, query, upgrade)
  else if (first === 'portForward') await servePortForward(options.context, rest, query, upgrade)
  else throw new HttpError(404, '404 page not found')
}

function refuse(response: ServerResponse, error: unknown): void {
  const { code, message } = answerTo(error)
  if (!response.headersSent) response.writeHead(code, { 'content-type': 'text/plain; charset=utf-8' })
  response.end(message)
}

function refuseUpgrade(socket: Duplex, error: unknown): void {
  const { code, message } = answerTo(error)
  if (!socket.writable) return
  const head = `HTTP/1.1 ${code} Refused\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(message)}\r\nconnection: close`
  socket.end(`${head}\r\n\r\n${message}`)
}

function answerTo(error: unknown): { code: number; message: string } {
  if (error instanceof HttpError) return error
  return { code: 500, message: error instanceof Error ? error.message : String(error) }
}
