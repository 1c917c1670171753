// The metrics API as a component: what `kubectl top` shows and autoscalers read, served by aggregation.
//
// client ─▶ API server: who is it, may he? ─ front proxy's certificate ─▶ here ─▶ kubelets, /metrics/resource
// The API server has authenticated and authorized, and shows by its certificate that it was it that did: nobody else is
// answered. Needs get and list of nodes and pods, a token of its service account, to which kubelets say what they measure,
// and the writing of its Service, Endpoints and APIService.
// Upstream: kubernetes-sigs/metrics-server
// Left out: usage of before the first question; metrics of pods' own making (custom.metrics.k8s.io)

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { JsonObject } from '#api/meta/object.ts'
import { internalError, methodNotAllowed, pathNotFound, StatusError, unauthorized } from '#api/meta/status.ts'
import { configMaps } from '#api/resources.ts'
import type { Client } from '#client/client.ts'
import { createKubelets } from '#metrics/kubelets.ts'
import { createMeter, type Meter } from '#metrics/meter.ts'
import { NAME, NAMESPACE, type Registered, register, SERVER_NAME } from '#metrics/registration.ts'
import { answerMetrics } from '#metrics/resource-metrics.ts'
import { createServingCertificate } from '#metrics/serving-certificate.ts'
import { untilAborted } from '#sys/abort.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface MetricsOptions {
  readonly client: Client
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** Where it listens, as the API server reaches it: not loopback, which no Service may lead to. */
  readonly address: string
  /** 0: any that is free. */
  readonly port: number
  /** PEM of the authority of the kubelets' certificates. */
  readonly kubeletAuthority: string
}

const RETRY_MS = 1_000
const REQUEST_TIMEOUT_MS = 60_000

/** Serves until `signal` aborts; rejects when it cannot listen. */
export async function runMetrics(options: MetricsOptions, signal: AbortSignal): Promise<void> {
  const { client, clock, random, log, address, port, kubeletAuthority } = options
  const account = { namespace: NAMESPACE, name: NAME }
  const look = createKubelets({ client, clock, authority: kubeletAuthority, account })
  const meter = createMeter(clock, look, (node, error) =>
    log.warn({ node, error: String(error) }, 'a kubelet does not say what is used'),
  )
  const proxy = await untilDone(options, signal, () => readFrontProxy(client))
  if (!proxy) return
  const certificate = createServingCertificate(SERVER_NAME, clock.now(), random)
  const server = createServer(
    { ...certificate, ca: proxy.authority, requestCert: true, requestTimeout: REQUEST_TIMEOUT_MS },
    (request, response) => void serve({ client, meter, names: proxy.names }, request, response),
  )
  server.listen(port, address)
  await once(server, 'listening')
  const own = { address, port: (server.address() as AddressInfo).port, certificate: certificate.cert }
  await announce(options, own, signal)
  await untilAborted(signal)
  await close(server)
}

async function announce(options: MetricsOptions, own: Registered, signal: AbortSignal): Promise<void> {
  const isOurs = await untilDone(options, signal, () => register(options.client, own))
  if (isOurs) options.log.info({ address: own.address, port: own.port }, 'metrics are served')
  if (isOurs === false) options.log.info({}, 'another metrics-server is installed: it serves the metrics')
}

interface FrontProxy {
  /** PEM of the authority of the API server's certificate for this. */
  readonly authority: string
  /** Of whom that certificate may be; empty: of anybody. */
  readonly names: readonly string[]
}

/** What the API server tells all servers behind it. */
async function readFrontProxy(client: Client): Promise<FrontProxy> {
  const { data } = await client.resource(configMaps).get(NAMESPACE, 'extension-apiserver-authentication')
  const authority = data?.['requestheader-client-ca-file']
  if (!authority) throw new Error('the API server has no certificate for servers behind it')
  return { authority, names: JSON.parse(data?.['requestheader-allowed-names'] ?? '[]') as string[] }
}

interface Serving {
  readonly client: Client
  readonly meter: Meter
  readonly names: readonly string[]
}

async function serve(serving: Serving, request: IncomingMessage, response: ServerResponse): Promise<void> {
  let code = 200
  let body: JsonObject
  try {
    body = await answer(serving, request)
  } catch (error) {
    const failure = error instanceof StatusError ? error : internalError(error)
    code = failure.code
    body = { ...failure.status }
  }
  response.writeHead(code, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(body)}\n`)
}

async function answer({ client, meter, names }: Serving, request: IncomingMessage): Promise<JsonObject> {
  if (!isFrontProxy(request.socket as TLSSocket, names)) throw unauthorized()
  if (request.method !== 'GET') throw methodNotAllowed()
  const url = new URL(request.url ?? '/', `https://${SERVER_NAME}`)
  const found = await answerMetrics(client, meter, url.pathname, url.searchParams)
  if (!found) throw pathNotFound()
  return found
}

function isFrontProxy(socket: TLSSocket, names: readonly string[]): boolean {
  if (!socket.authorized) return false
  return names.length === 0 || names.includes(String(socket.getPeerCertificate().subject?.CN))
}

/** Tries until it works, or until the end: then undefined. */
async function untilDone<T>(
  { clock, log }: MetricsOptions,
  signal: AbortSignal,
  work: () => Promise<T>,
): Promise<T | undefined> {
  while (!signal.aborted) {
    try {
      return await work()
    } catch (error) {
      log.debug({ error: String(error) }, 'metrics are not served yet')
      await clock.sleep(RETRY_MS, signal).catch(() => undefined)
    }
  }
  return undefined
}

async function close(server: Server): Promise<void> {
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}
