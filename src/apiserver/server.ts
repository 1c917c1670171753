// The API server put together: store ▶ registry ▶ routes ▶ pipeline ▶ listener.
//
// Everything it needs comes in as options; it resolves as soon as requests are answered. When its signal aborts it
// becomes unready, ends watches, lets what is under way finish, and only then resolves `stopped`.
// Upstream: cmd/kube-apiserver/app/server.go, pkg/controlplane/instance.go

import { setMaxListeners } from 'node:events'
import type { AddressInfo } from 'node:net'
import { allKinds } from '#api/kinds/all.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AccessControl } from '#apiserver/access-control.ts'
import { discoveryPaths } from '#apiserver/http/discovery.ts'
import { type HealthEndpoint, healthHandler } from '#apiserver/http/health.ts'
import { type Listener, listen, type TlsFiles } from '#apiserver/http/listener.ts'
import { openApiPaths } from '#apiserver/http/openapi.ts'
import { createResourceRoutes } from '#apiserver/http/resource-routes.ts'
import { serve, serveUpgrade } from '#apiserver/http/serve.ts'
import { versionResponse } from '#apiserver/http/version.ts'
import { createInProcessTransport } from '#apiserver/in-process-transport.ts'
import { createPipeline, type Handle, type Handler, type RequestObserver } from '#apiserver/pipeline.ts'
import { createCatalog, isStored } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { FieldManagement } from '#apiserver/registry/field-management.ts'
import { freezeJson, metadataOf } from '#apiserver/registry/json.ts'
import { createLeasePool } from '#apiserver/registry/lease-pool.ts'
import { createObjectStore } from '#apiserver/registry/object-store.ts'
import { type StoredObject, storedObject } from '#apiserver/registry/stored-object.ts'
import type { UserInfo } from '#apiserver/request.ts'
import { createRouter, type ResourceHandler } from '#apiserver/routes.ts'
import { bindingSubresource } from '#apiserver/subresources/binding.ts'
import type { KubeletTls } from '#apiserver/subresources/node-connection.ts'
import { reviewHandler } from '#apiserver/subresources/reviews.ts'
import { createSubresources } from '#apiserver/subresources/subresources.ts'
import { createWatchCaches, type WatchCaches } from '#apiserver/watchcache/caches.ts'
import { createClient } from '#client/client.ts'
import { createInformerFactory } from '#client/informer-factory.ts'
import type { Transport } from '#client/transport.ts'
import type { KeyValue, Store } from '#store/store.ts'
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
  readonly clock: Clock
  readonly random: Random
  readonly log: Logger
  /** How long requests under way may last after the signal; default 60 s. */
  readonly shutdownGraceMs?: number
}

export interface ApiServer {
  readonly handle: Handle
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

export async function startApiServer(options: ApiServerOptions, signal: AbortSignal): Promise<ApiServer> {
  const { clock, random, log } = options
  // every request and watch listens to it
  setMaxListeners(0, signal)
  const catalog = createCatalog(allKinds)
  let handle: Handle = () => Promise.reject(new Error('the server is still starting'))
  const transport = (user: UserInfo, userAgent: string): Transport =>
    createInProcessTransport({ handle: (request) => handle(request), user, userAgent })
  const client = createClient(transport(LOOPBACK_USER, 'kube-apiserver'))
  const informers = createInformerFactory({ client, clock, random, log })
  const access = options.accessControl({ client, informers, clock, random, log })

  const caches = createWatchCaches({ store: options.store, clock, log, decode: decodeStored })
  const registry = createRegistry(options, access, catalog, caches)
  const state = { isStopping: false }
  handle = createPipeline({
    authentication: access.authentication,
    authorization: access.authorization,
    impersonate: access.impersonation ?? (async (user) => user),
    route: createRouter({
      catalog,
      resources: resourceHandler(registry, access),
      subresource: createSubresources({ catalog, registry, access, client, kubeletTls: options.kubeletTls }),
      path: pathsOf(options, catalog, state),
    }),
    observer: NO_OBSERVER,
    clock,
    random,
    log,
  })

  const informing = informers.start(signal)
  const listener = options.listen && (await startListener(options, handle, signal))
  await informers.whenSynced(signal)
  return {
    handle: (request) => handle(request),
    transport,
    address: listener?.address,
    updateTls: (tls) => listener?.updateTls(tls),
    stopped: stop(signal, state, listener, informing, caches, options.shutdownGraceMs ?? SHUTDOWN_GRACE_MS),
  }
}

/** Stored kinds go to the registry; reviews and bindings are answered and forgotten. */
function resourceHandler(registry: RegistryDependencies, access: AccessControl): ResourceHandler {
  const stored = createResourceRoutes(registry)
  const review = reviewHandler(registry, access.reviews ?? {})
  const binding = bindingSubresource(registry, registry.catalog.find('', 'v1', 'pods')!)
  return (context, kind) => {
    if (isStored(kind)) return stored(context, kind)
    return kind.kind === 'Binding' ? binding(context, kind) : review(context, kind)
  }
}

const NO_OBSERVER: RequestObserver = { started: () => () => undefined }

function createRegistry(
  options: ApiServerOptions,
  access: AccessControl,
  catalog: ReturnType<typeof createCatalog>,
  caches: WatchCaches,
): RegistryDependencies {
  const { store, clock, random } = options
  const objects = createObjectStore({
    store,
    leases: createLeasePool(store, clock),
    peek: (kind, key) => caches.of(kind).get(key),
    decode: decodeStored,
  })
  return {
    catalog,
    objects,
    cacheOf: (kind) => caches.of(kind),
    hooksOf: (kind) => (kind.group === '' && kind.resource === 'services' ? access.serviceHooks : undefined),
    admission: access.admission,
    authorization: access.authorization,
    fields: NO_FIELDS,
    clock,
    random,
  }
}

const NO_FIELDS: FieldManagement = {
  recordUpdate: () => undefined,
  apply: () => {
    throw new Error('no server-side apply yet')
  },
  keepTimes: () => undefined,
}

const decoder = new TextDecoder()

/** A stored value as the object that readers see: defaulted, with the revision that wrote it. */
export function decodeStored(kind: KindDefinition, kv: KeyValue): StoredObject {
  const object = JSON.parse(decoder.decode(kv.value)) as JsonObject
  kind.defaults?.(object)
  metadataOf(object)['resourceVersion'] = String(kv.modRevision)
  freezeJson(object)
  return storedObject(kv.key, object, kv.modRevision)
}

function pathsOf(
  options: ApiServerOptions,
  catalog: ReturnType<typeof createCatalog>,
  state: { isStopping: boolean },
): (path: string) => Handler | undefined {
  const ping = { name: 'ping', check: async () => undefined }
  const logCheck = { name: 'log', check: async () => undefined }
  const etcd = {
    name: 'etcd',
    check: async () =>
      options.store.currentRevision().then(
        () => undefined,
        (error: unknown) => String(error),
      ),
  }
  const shutdown = {
    name: 'shutdown',
    check: async () => (state.isStopping ? 'process is shutting down' : undefined),
  }
  const endpoints: HealthEndpoint[] = [
    { name: 'livez', checks: [ping, logCheck, etcd] },
    { name: 'readyz', checks: [ping, logCheck, etcd, shutdown] },
    { name: 'healthz', checks: [ping, logCheck, etcd] },
  ]
  const discovery = discoveryPaths(catalog.kinds)
  const openApi = openApiPaths(catalog.kinds, () => options.clock.now())
  return (path) => {
    const trimmed = path.length > 1 ? path.replace(/\/$/, '') : path
    if (trimmed === '/version') return async () => versionResponse()
    return discovery(trimmed) ?? openApi(trimmed) ?? healthHandler(endpoints, trimmed)
  }
}

async function startListener(
  options: ApiServerOptions,
  handle: Handle,
  signal: AbortSignal,
): Promise<Listener> {
  const { log, clock } = options
  const serveOptions = { handle, clock, log, signal }
  return listen({
    ...options.listen!,
    clock,
    onRequest: (request, reply) => void serve(serveOptions, request, reply),
    onUpgrade: (request, socket, head) => void serveUpgrade(serveOptions, request, socket, head),
  })
}

async function stop(
  signal: AbortSignal,
  state: { isStopping: boolean },
  listener: Listener | undefined,
  informing: Promise<void>,
  caches: WatchCaches,
  graceMs: number,
): Promise<void> {
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
  state.isStopping = true
  await listener?.close(graceMs)
  await informing
  await caches.close()
}
