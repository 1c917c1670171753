// The proxy subresource of pods, services and nodes: any HTTP request, and upgrades, passed through the API server.
//
// The path behind `proxy` becomes the path at the target; redirects that stay there lead back through the proxy.
// Upstream: pkg/registry/core/{pod,service,node}/rest, staging/src/k8s.io/apimachinery/pkg/util/proxy

import type { IncomingMessage } from 'node:http'
import type { RequestOptions } from 'node:https'
import { badRequest } from '#api/meta/status.ts'
import type { ApiRequest, ApiResponse, ResponseHeaders } from '#apiserver/exchange.ts'
import { endToEndHeaders, forwardedHeaders, sendOn } from '#apiserver/http/forward.ts'
import { scopeOf } from '#apiserver/http/resource-routes.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'
import { rewriteLinks } from '#apiserver/subresources/html-links.ts'
import type { NodeConnections } from '#apiserver/subresources/node-connection.ts'
import { admitConnect } from '#apiserver/subresources/pod-stream.ts'
import {
  nodeTarget,
  type ProxyTarget,
  podTarget,
  serviceTarget,
} from '#apiserver/subresources/proxy-target.ts'
import { proxyUpgrade } from '#apiserver/subresources/upgrade-proxy.ts'
import type { Client } from '#client/client.ts'

/** Larger pages go through as they are: a page is held in memory while its links are rewritten. */
const PAGE_BOUND = 4 * 1024 * 1024

const OPTIONS_KINDS: Readonly<Record<string, string>> = {
  pods: 'PodProxyOptions',
  services: 'ServiceProxyOptions',
  nodes: 'NodeProxyOptions',
}

export function proxySubresource(
  dependencies: RegistryDependencies,
  kubelets: NodeConnections,
  client: Client,
): ResourceHandler {
  return async (context, kind) => {
    const { request, info } = context
    if (request.head.query.has('dryRun')) throw badRequest('dryRun is not supported')
    const scope = scopeOf(context, kind)
    const path = pathBehindProxy(context)
    await admitConnect(dependencies, scope, { kind: OPTIONS_KINDS[info.resource], apiVersion: 'v1', path })
    const target = await targetOf()
    const search = request.rawUrl.includes('?') ? request.rawUrl.slice(request.rawUrl.indexOf('?')) : ''
    const { method } = request.head
    if (path === '' && (method === 'GET' || method === 'HEAD') && !request.upgrade)
      return addSlash(request, search)
    const tls = target.isKubelet ? kubelets.tls : { rejectUnauthorized: false }
    const wanted = { ...target, path: `${path === '' ? '/' : path}${search}`, tls }
    if (request.upgrade) return proxyUpgrade(request, wanted)
    return forward(context, wanted)

    async function targetOf(): Promise<ProxyTarget> {
      if (info.resource === 'pods') return podTarget(client, scope.namespace, scope.name)
      if (info.resource === 'services')
        return serviceTarget(client, dependencies.random, scope.namespace, scope.name)
      return nodeTarget(kubelets, scope.name)
    }
  }
}

/** The part of the raw path behind `/proxy`, with its escapes and its trailing slash. */
function pathBehindProxy({ request, info }: RequestContext): string {
  const path = request.rawUrl.split('?')[0]!
  const depth = info.namespace === '' ? 6 : 8
  const parts = path.split('/')
  // ['', 'api', 'v1', ('namespaces', ns,) resource, name, 'proxy', …]
  return parts.length <= depth ? '' : `/${parts.slice(depth).join('/')}`
}

/** Without its slash the page's relative links would lead astray. */
function addSlash(request: ApiRequest, search: string): ApiResponse {
  const location = `${request.rawUrl.split('?')[0]}/${search}`
  return { type: 'raw', code: 301, headers: { location }, body: '' }
}

type Wanted = ProxyTarget & { readonly path: string; readonly tls: RequestOptions }

async function forward(context: RequestContext, target: Wanted): Promise<ApiResponse> {
  const { request } = context
  const prefix = request.rawUrl.split('?')[0]!.replace(/(\/proxy)(\/.*)?$/, '$1')
  const headers = forwardedHeaders(request, `${prefix}${target.path.split('?')[0]}`)
  const answer = await sendOn(request, target, headers)
  const code = answer.statusCode ?? 502
  const answered = answeredHeaders(answer, target, prefix)
  if (!isPage(answer)) return { type: 'stream', code, headers: answered, body: answer }
  const { 'content-length': _length, ...others } = answered
  const read = await readUpTo(answer, PAGE_BOUND)
  if (!read.isWhole) return { type: 'stream', code, headers: answered, body: read.bytes }
  const page = rewriteLinks(Buffer.concat(read.chunks).toString('utf8'), (url) =>
    rewritten(url, target, prefix),
  )
  return { type: 'raw', code, headers: others, body: page }
}

/** Whether there are links to rewrite: not where the page is compressed, which servers do on request only. */
const isPage = ({ headers }: IncomingMessage): boolean =>
  headers.location === undefined &&
  headers['content-encoding'] === undefined &&
  /^text\/html\s*(;|$)/.test(headers['content-type'] ?? '')

type Read =
  | { readonly isWhole: true; readonly chunks: readonly Uint8Array[] }
  | { readonly isWhole: false; readonly bytes: AsyncIterable<Uint8Array> }

/** All of the bytes, or, where they are more than `bound`, what gives them one after the other. */
export async function readUpTo(source: AsyncIterable<Uint8Array>, bound: number): Promise<Read> {
  const chunks: Uint8Array[] = []
  let size = 0
  const rest = source[Symbol.asyncIterator]()
  while (size <= bound) {
    const { done, value } = await rest.next()
    if (done) return { isWhole: true, chunks }
    chunks.push(value)
    size += value.length
  }
  async function* all(): AsyncGenerator<Uint8Array> {
    yield* chunks
    yield* { [Symbol.asyncIterator]: () => rest }
  }
  return { isWhole: false, bytes: all() }
}

function answeredHeaders(answer: IncomingMessage, target: Wanted, prefix: string): ResponseHeaders {
  const headers = endToEndHeaders(answer)
  const location = answer.headers.location
  if (location !== undefined) headers['location'] = rewritten(location, target, prefix)
  return headers
}

/** A redirect within the target leads through the proxy again; one to elsewhere stays as it is. */
export function rewritten(
  location: string,
  target: Pick<ProxyTarget, 'host' | 'port'>,
  prefix: string,
): string {
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/.exec(location)
  if (absolute) {
    const [, authority, rest = ''] = absolute
    const isTarget = authority === target.host || authority === `${target.host}:${target.port}`
    return isTarget ? rewritten(rest === '' ? '/' : rest, target, prefix) : location
  }
  if (!location.startsWith('/') || location.startsWith(prefix)) return location
  return `${prefix}${location}`
}
