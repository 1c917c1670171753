// The API server put together: store ▶ registry ▶ routes ▶ pipeline ▶ listener.
//
// Everything it needs comes in as options; it resolves as soon as requests are answered. When its signal aborts it
// becomes unready, ends watches, lets what is under way finish, and only then resolves `stopped`.
// Upstream: cmd/kube-apiserver/app/server.go, pkg/controlplane/instance.go

import { setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { Registry } from 'prom-client'
import { allKinds } from '#api/kinds/all.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AccessControl } from '#apiserver/access-control.ts'
import { createAggregator, type FrontProxyTls } from '#apiserver/aggregation/aggregator.ts'
import type { Auditor } from '#apiserver/audit/auditor.ts'
import { conversionByWebhook } from '#apiserver/customresources/conversion.ts'
import { serveDefinitions } from '#apiserver/customresources/serve-definitions.ts'
import type { ValueTransformers } from '#apiserver/encryption/value-transformer.ts'
import { flowControlDumps } from '#apiserver/flowcontrol/dumps.ts'
import { FlowControl } from '#apiserver/flowcontrol/flow-control.ts'
import { registerFlowControlMetrics } from '#apiserver/flowcontrol/metrics.ts'
import { keepFlowControl } from '#apiserver/flowcontrol/run.ts'
import { healthEndpoints, type ServerState } from '#apiserver/http/health-checks.ts'
import { type Listener, listen, type TlsFiles } from '#apiserver/http/listener.ts'
import { createPaths } from '#apiserver/http/paths.ts'
import { checkPath, createResourceRoutes } from '#apiserver/http/resource-routes.ts'
import { LiveRequests, serve, serveUpgrade } from '#apiserver/http/serve.ts'
import { createInProcessTransport } from '#apiserver/in-process-transport.ts'
import { admissionMeasure, measuredAuthentication, measuredAuthorization } from '#apiserver/metrics/access.ts'
import { createRegistry, metricsResponse, registerAuditMetrics } from '#apiserver/metrics/metrics.ts'
import { requestMetrics } from '#apiserver/metrics/requests.ts'
import {
  measuredTransformers,
  registerStorageMetrics,
  storeMeasure,
  watchEventCells,
} from '#apiserver/metrics/storage.ts'
import { createPipeline, type Handle } from '#apiserver/pipeline.ts'
import { type Catalog, createCatalog, isStored } from '#apiserver/registry/catalog.ts'
import { composeRegistry } from '#apiserver/registry/compose.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { createFieldManagement } from '#apiserver/registry/field-management.ts'
import type { UserInfo } from '#apiserver/request.ts'
import { createRouter, type ResourceHandler } from '#apiserver/routes.ts'
import { bindingSubresource } from '#apiserver/subresources/binding.ts'
import { componentStatuses } from '#apiserver/subresources/component-status.ts'
import type { KubeletTls } from '#apiserver/subresources/node-connection.ts'
import { reviewHandler } from '#apiserver/subresources/reviews.ts'
import { createSubresources } from '#apiserver/subresources/subresources.ts'
import type { WatchCaches } from '#apiserver/watchcache/caches.ts'
import { type Client, createClient } from '#client/client.ts'
import { createInformerFactory, type InformerFactory } from '#client/informer-factory.ts'
import type { Transport } from '#client/transport.ts'
import type { Store } from '#store/store.ts'
import { untilAborted } from '#sys/abort.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface ApiServerOptions {
  readonly store: Store
  /** Absent: no sockets, only the in-process transport. */
  readonly listen?: { readonly host: string; readonly port: number; readonly tls: TlsFiles }
  /** Makes access control, which itself reads through the server. */
  accessControl(access: ServerAccess): AccessControl
  /** The client certificate for kubelets; without it logs, exec and the like cannot reach them. */
  readonly kubeletTls?: KubeletTls
  /** How values are encrypted in the store; absent: not at all. */
  readonly encryption?: ValueTransformers
  /** Records requests; absent: none. Closed by the server when the last request is over. */
  readonly auditor?: Auditor
  /** The client certificate by which aggregated APIs know the server, and believe it who asks. */
  readonly frontProxyTls?: FrontProxyTls
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** How many requests may be served at once, exempt ones aside, shared out by priority; absent: as many as come. */
  readonly maxRequestsInFlight?: number
  /** Components that live in the server's own process, as ComponentStatus names them: they are as healthy as it is. */
  readonly inProcess?: readonly string[]
  /** How long it serves on after the signal, no longer ready, so that load balancers turn away; default 0. */
  readonly shutdownDelayMs?: number
  /** How long requests under way may last after the signal; default 60 s. */
  readonly shutdownGraceMs?: number
}

export interface ApiServer {
  readonly handle: Handle
  /** What it measures; components of the same process add theirs. */
  readonly metrics: Registry
  /** A transport within the process, acting as `user`. */
  transport(user: UserInfo, userAgent: string): Transport
  /** Where it listens; undefined without sockets. */
  readonly address: AddressInfo | undefined
  updateTls(tls: TlsFiles): void
  /** Resolves when everything that was started has ended. */
  readonly stopped: Promise<void>
}

/** Who the server itself is: allowed everything. */
export const LOOPBACK_USER: UserInfo = {
  name: 'system:apiserver',
  groups: ['system:masters', 'system:authenticated'],
}

const SHUTDOWN_GRACE_MS = 60_000

export async function startApiServer(options: ApiServerOptions, stop: AbortSignal): Promise<ApiServer> {
  const state: ServerState = { isStopping: false, reached: new Set() }
  const signal = endingOf(stop, options, state)
  // every request and watch listens to it
  setMaxListeners(0, signal)
  const server = composeServer(options, state)
  const { handle, informers, access, definitions, aggregator, flow } = server
  const informing = informers.start(signal)
  const listener = options.listen && (await startListener(options, handle, signal))
  await informers.whenSynced(signal)
  state.reached.add('informers')
  const limiting = flow?.run(signal)
  state.reached.add('flow-control')
  await definitions.start()
  const defining = definitions.run(signal)
  state.reached.add('definitions')
  const aggregating = aggregator.run(signal)
  state.reached.add('aggregation')
  await access.bootstrap?.()
  state.reached.add('bootstrap')
  const running = access.run?.(signal)
  return {
    handle,
    metrics: server.metrics,
    transport: server.transport,
    address: listener?.address,
    updateTls: (tls) => listener?.updateTls(tls),
    stopped: ended(
      {
        signal,
        listener,
        caches: server.caches,
        auditor: options.auditor,
        graceMs: options.shutdownGraceMs ?? SHUTDOWN_GRACE_MS,
      },
      [informing, defining, aggregating, running, limiting],
    ),
  }
}

/** All parts, knowing each other and not yet running. */
function composeServer(options: ApiServerOptions, state: ServerState) {
  const { clock, random, log, store } = options
  const catalog = createCatalog(allKinds)
  let handle: Handle = () => Promise.reject(new Error('the server is still starting'))
  const transport = (user: UserInfo, userAgent: string): Transport =>
    createInProcessTransport({ handle: (request) => handle(request), user, userAgent })
  const client = createClient(transport(LOOPBACK_USER, 'kube-apiserver'))
  const informers = createInformerFactory({ client, clock, random, log })
  const metrics = createRegistry(options.listen !== undefined)
  const measured = admissionMeasure(metrics, clock)
  const access = options.accessControl({ client, informers, admissionMeasure: measured, clock, random, log })
  const { registry, caches } = composeRegistry({
    catalog,
    store,
    access,
    fields: createFieldManagement(catalog, clock),
    encryption: options.encryption && measuredTransformers(metrics, options.encryption),
    convert: conversionByWebhook({ client, informers, clock, random, log }),
    measures: { store: storeMeasure(metrics, clock), watchEvents: watchEventCells(metrics) },
    clock,
    random,
    log,
  })
  const aggregator = createAggregator({ client, informers, clock, random, log }, options.frontProxyTls)
  registerStorageMetrics(metrics, store, caches, () => catalog.kinds)
  if (options.auditor) registerAuditMetrics(metrics, options.auditor.counts)
  const flow = createFlowControl(options, { client, informers, caches, metrics })
  const parts = { catalog, access, registry, aggregator, client, metrics, flow, state }
  handle = createHandle(options, parts)
  const definitions = serveDefinitions({ client, informers, clock, random, log }, catalog, caches)
  return { handle, transport, informers, metrics, access, caches, aggregator, flow, definitions }
}

interface HandleParts {
  readonly catalog: Catalog
  readonly access: AccessControl
  readonly registry: RegistryDependencies
  readonly aggregator: ReturnType<typeof createAggregator>
  readonly client: Client
  readonly metrics: Registry
  readonly flow: ReturnType<typeof createFlowControl>
  readonly state: ServerState
}

/** The function that answers a request: routes behind the stages of the pipeline. */
function createHandle(options: ApiServerOptions, parts: HandleParts): Handle {
  const { clock, random, log, store } = options
  const { catalog, access, registry, aggregator, client, metrics, flow, state } = parts
  return createPipeline({
    authentication: measuredAuthentication(metrics, access.authentication, clock),
    authorization: measuredAuthorization(metrics, access.authorization, clock),
    impersonate: access.impersonation ?? (async (user) => user),
    flowControl: flow?.flowControl,
    route: createRouter({
      catalog,
      aggregated: aggregator.handlerFor,
      resources: resourceHandler(registry, access, componentStatuses(store, options.inProcess)),
      subresource: createSubresources({ catalog, registry, access, client, kubeletTls: options.kubeletTls }),
      path: createPaths({
        kinds: () => catalog.kinds,
        aggregated: aggregator.groups,
        aggregatedOpenApi: aggregator.openApi,
        health: healthEndpoints(state, store, clock),
        metrics: () => metricsResponse(metrics),
        documents: access.documents ?? [],
        now: () => clock.now(),
        ...(flow && { unlisted: flow.dumps }),
      }),
    }),
    auditor: options.auditor,
    observer: requestMetrics({
      registry: metrics,
      clock,
      isKnown: (group, version, resource) => catalog.find(group, version, resource) !== undefined,
    }),
    clock,
    random,
    log,
  })
}

interface FlowControlSources {
  readonly client: Client
  readonly informers: InformerFactory
  readonly caches: WatchCaches
  readonly metrics: Registry
}

function createFlowControl(
  { maxRequestsInFlight, clock, log }: ApiServerOptions,
  { client, informers, caches, metrics }: FlowControlSources,
) {
  if (maxRequestsInFlight === undefined) return undefined
  const kinds = new Map(allKinds.map((kind) => [`${kind.group}/${kind.resource}`, kind]))
  const flowControl = new FlowControl({
    clock,
    serverLimit: maxRequestsInFlight,
    sizeOf(group, resource) {
      const kind = kinds.get(`${group}/${resource}`)
      return kind && caches.begun(kind)?.size()
    },
  })
  registerFlowControlMetrics(metrics, flowControl, clock)
  const { run } = keepFlowControl(flowControl, { client, informers, clock, log })
  return { flowControl, run, dumps: flowControlDumps(flowControl, clock) }
}

/** Stored kinds go to the registry; reviews and bindings are answered and forgotten. */
function resourceHandler(
  registry: RegistryDependencies,
  access: AccessControl,
  components: ReturnType<typeof componentStatuses>,
): ResourceHandler {
  const stored = createResourceRoutes(registry)
  const review = reviewHandler(registry, access.reviews ?? {})
  const binding = bindingSubresource(registry, registry.catalog.find('', 'v1', 'pods')!)
  return (context, kind) => {
    checkPath(kind, context)
    if (kind.deprecation !== undefined) {
      context.trail.warn(kind.deprecation)
      context.trail.annotate('k8s.io/deprecated', 'true')
    }
    if (kind.kind === 'ComponentStatus') return components(context, kind)
    if (isStored(kind)) return stored(context, kind)
    return kind.kind === 'Binding' ? binding(context, kind) : review(context, kind)
  }
}

async function startListener(
  options: ApiServerOptions,
  handle: Handle,
  signal: AbortSignal,
): Promise<Listener> {
  const { log, clock } = options
  const live = new LiveRequests()
  signal.addEventListener('abort', () => live.abortAll(new Error('the server stops')), { once: true })
  const serveOptions = { handle, clock, log, live }
  return listen({
    ...options.listen!,
    clock,
    onRequest: (request, reply) => void serve(serveOptions, request, reply),
    onUpgrade: (request, socket, head) => void serveUpgrade(serveOptions, request, socket, head),
  })
}

/** Aborts when the server is to end: at once when it is told to stop, or so long after as it serves on. */
function endingOf(
  stop: AbortSignal,
  { shutdownDelayMs = 0, clock }: ApiServerOptions,
  state: ServerState,
): AbortSignal {
  const controller = new AbortController()
  const end = () => controller.abort(stop.reason)
  const onStop = () => {
    state.isStopping = true
    if (shutdownDelayMs === 0) end()
    else clock.after(shutdownDelayMs, end)
  }
  stop.addEventListener('abort', onStop, { once: true })
  if (stop.aborted) onStop()
  return controller.signal
}

interface Stopping {
  readonly signal: AbortSignal
  readonly listener: Listener | undefined
  readonly caches: WatchCaches
  readonly auditor: Auditor | undefined
  readonly graceMs: number
}

/** Resolves after the signal when nothing of the server is left. */
async function ended(stopping: Stopping, running: readonly (Promise<void> | undefined)[]): Promise<void> {
  await untilAborted(stopping.signal)
  await stopping.listener?.close(stopping.graceMs)
  await Promise.all(running)
  await stopping.caches.close()
  await stopping.auditor?.close()
}
