// Where a request goes once it may: a resource, one of its subresources, or one of the paths that are no resource.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/server/{handler.go,mux}, pkg/controlplane

import type { KindDefinition } from '#api/kinds/kind.ts'
import { methodNotAllowed, notFound, pathNotFound } from '#api/meta/status.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import type { Handler, RequestContext } from '#apiserver/pipeline.ts'
import type { Catalog } from '#apiserver/registry/catalog.ts'

export type ResourceHandler = (context: RequestContext, kind: KindDefinition) => Promise<ApiResponse>

export interface Routes {
  readonly catalog: Catalog
  /** Serves what another server has; undefined for what is this server's own. */
  aggregated(path: string): Handler | undefined
  /** Serves the verbs of a resource itself. */
  readonly resources: ResourceHandler
  /** Serves a subresource; undefined when the kind has none of that name. */
  subresource(kind: KindDefinition, name: string): ResourceHandler | undefined
  /** Serves a path that is no resource; undefined when there is none. */
  path(path: string): Handler | undefined
}

export function createRouter(routes: Routes): Handler {
  return async (context) => {
    const { info } = context
    const elsewhere = routes.aggregated(info.path)
    if (elsewhere) return elsewhere(context)
    if (!info.isResourceRequest) return servePath(routes, context)
    const kind = routes.catalog.find(info.group, info.version, info.resource)
    if (!kind) {
      if (info.group !== '' && !routes.catalog.hasGroup(info.group)) return pageNotFound()
      throw pathNotFound()
    }
    if (info.subresource === '') return routes.resources(context, kind)
    const handler = routes.subresource(kind, info.subresource)
    if (!handler) throw kind.custom ? notFound(kind, info.name) : pathNotFound()
    return handler(context, kind)
  }
}

async function servePath(routes: Routes, context: RequestContext): Promise<ApiResponse> {
  const { path, verb } = context.info
  const handler = routes.path(path)
  if (!handler) {
    const [, prefix = '', group = '', version] = path.split('/')
    // a version that a known group lacks is answered by the API's router, anything else by the plain one
    if (prefix === 'api' || (prefix === 'apis' && version && routes.catalog.hasGroup(group)))
      throw pathNotFound()
    return pageNotFound()
  }
  if (verb !== 'get' && knowsMethods(path)) throw methodNotAllowed()
  return handler(context)
}

/** Only what the API's own router serves looks at the method; it knows GET, and not HEAD. */
const knowsMethods = (path: string): boolean =>
  /^\/(?:api|version|openid|\.well-known)(?:\/|$)/.test(path) || /^\/apis\/[^/]+\/[^/]+/.test(path)

export function pageNotFound(): ApiResponse {
  const headers = { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' }
  return { type: 'raw', code: 404, headers, body: '404 page not found\n' }
}
