// The client that every component uses: typed verbs over a transport, and nothing else.
//
// The client is the only door to the API server. It does not retry writes by itself: a conflict or a lost
// connection goes to the caller, whose queue brings the key back. Upstream: client-go's typed clients.

import type { JsonObject, KubeList, KubeObject } from '#api/meta/object.ts'
import type { ResourceType } from '#api/resources.ts'
import type { Transport, TransportRequest, WatchEvent } from '#client/transport.ts'

export interface ListOptions {
  /** Absent: all namespaces. */
  readonly namespace?: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
  readonly resourceVersion?: string
  readonly resourceVersionMatch?: 'Exact' | 'NotOlderThan'
  readonly limit?: number
  readonly continue?: string
}

export interface WatchOptions extends ListOptions {
  readonly sendInitialEvents?: boolean
  readonly allowWatchBookmarks?: boolean
  readonly timeoutSeconds?: number
}

export interface DeleteOptions {
  readonly gracePeriodSeconds?: number
  readonly propagationPolicy?: 'Orphan' | 'Background' | 'Foreground'
  readonly preconditions?: { readonly uid?: string; readonly resourceVersion?: string }
}

export type PatchType = 'json' | 'merge' | 'strategic' | 'apply'

const PATCH_MEDIA_TYPES: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

export interface PatchOptions {
  readonly subresource?: string
  /** Needed for `apply`. */
  readonly fieldManager?: string
  readonly force?: boolean
}

/** The verbs of one resource. `namespace` is '' for cluster-scoped ones. Each may reject with StatusError. */
export interface ResourceClient<T extends KubeObject> {
  get(namespace: string, name: string, subresource?: string): Promise<T>
  list(options?: ListOptions, signal?: AbortSignal): Promise<KubeList<T>>
  watch(options: WatchOptions, onEvent: (event: WatchEvent) => void, signal: AbortSignal): Promise<void>
  /** Takes namespace and name from the object. */
  create(object: T): Promise<T>
  /** Takes namespace and name from the object; fails with Conflict when its resourceVersion is old. */
  update(object: T): Promise<T>
  updateStatus(object: T): Promise<T>
  patch(namespace: string, name: string, type: PatchType, patch: object, options?: PatchOptions): Promise<T>
  delete(namespace: string, name: string, options?: DeleteOptions): Promise<void>
  deleteCollection(options: ListOptions, deleteOptions?: DeleteOptions): Promise<void>
  /** POST to a subresource: `binding`, `eviction`, `token`. */
  createSubresource(namespace: string, name: string, subresource: string, body: object): Promise<JsonObject>
}

export interface Client {
  resource<T extends KubeObject>(type: ResourceType<T>): ResourceClient<T>
  /** Anything else: discovery, reviews, non-resource paths. */
  request(request: TransportRequest): Promise<JsonObject>
}

/** Path of a collection or of one object. */
export function resourcePath(
  type: ResourceType,
  namespace: string,
  name?: string,
  subresource?: string,
): string {
  const root = type.group ? `/apis/${type.group}/${type.version}` : `/api/${type.version}`
  const scope = type.namespaced && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  const tail = [name, subresource].filter((part) => part !== undefined && part !== '')
  return [`${root}${scope}/${type.resource}`, ...tail.map((part) => encodeURIComponent(part ?? ''))].join('/')
}

/** Query parameters of a list or watch, the absent ones left out. */
function queryOf(options: WatchOptions & PatchOptions): Record<string, string> {
  const { namespace: _namespace, subresource: _subresource, ...parameters } = options
  const query: Record<string, string> = {}
  for (const [name, value] of Object.entries(parameters)) if (value !== undefined) query[name] = String(value)
  return query
}

export function createClient(transport: Transport): Client {
  return {
    request: (request) => transport.request(request),
    resource: <T extends KubeObject>(type: ResourceType<T>) => resourceClient<T>(transport, type),
  }
}

function resourceClient<T extends KubeObject>(
  transport: Transport,
  type: ResourceType<T>,
): ResourceClient<T> {
  const send = async (
    request: Omit<TransportRequest, 'query'> & { query?: Record<string, string> },
  ): Promise<T> => (await transport.request({ query: {}, ...request })) as unknown as T
  const pathOf = (object: KubeObject, subresource?: string): string =>
    resourcePath(type, object.metadata?.namespace ?? '', object.metadata?.name, subresource)

  return {
    get: (namespace, name, subresource) =>
      send({ method: 'GET', path: resourcePath(type, namespace, name, subresource) }),

    async list(options = {}, signal) {
      const path = resourcePath(type, options.namespace ?? '')
      const list = await transport.request({
        method: 'GET',
        path,
        query: queryOf(options),
        ...(signal && { signal }),
      })
      return list as unknown as KubeList<T>
    },

    watch: (options, onEvent, signal) =>
      transport.watch(
        {
          method: 'GET',
          path: resourcePath(type, options.namespace ?? ''),
          query: { ...queryOf(options), watch: 'true' },
          signal,
        },
        onEvent,
      ),

    create: (object) =>
      send({
        method: 'POST',
        path: resourcePath(type, object.metadata?.namespace ?? ''),
        body: stamped(type, object),
      }),

    update: (object) => send({ method: 'PUT', path: pathOf(object), body: stamped(type, object) }),

    updateStatus: (object) =>
      send({ method: 'PUT', path: pathOf(object, 'status'), body: stamped(type, object) }),

    patch: (namespace, name, patchType, patch, options = {}) =>
      send({
        method: 'PATCH',
        path: resourcePath(type, namespace, name, options.subresource),
        query: queryOf(options),
        contentType: PATCH_MEDIA_TYPES[patchType],
        body: patch,
      }),

    async delete(namespace, name, options = {}) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...options }
      await transport.request({
        method: 'DELETE',
        path: resourcePath(type, namespace, name),
        query: {},
        body,
      })
    },

    async deleteCollection(options, deleteOptions = {}) {
      const body = { apiVersion: 'v1', kind: 'DeleteOptions', ...deleteOptions }
      const path = resourcePath(type, options.namespace ?? '')
      await transport.request({ method: 'DELETE', path, query: queryOf(options), body })
    },

    createSubresource: (namespace, name, subresource, body) =>
      transport.request({
        method: 'POST',
        path: resourcePath(type, namespace, name, subresource),
        query: {},
        body,
      }),
  }
}

/** Objects carry their apiVersion and kind on the way to the server, even where a caller left them out. */
function stamped<T extends KubeObject>(type: ResourceType<T>, object: T): T {
  if (object.apiVersion && object.kind) return object
  const apiVersion = type.group ? `${type.group}/${type.version}` : type.version
  return { ...object, apiVersion, kind: type.kind }
}
