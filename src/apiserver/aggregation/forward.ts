// A request for an aggregated API on its way there: to one of the pods behind the Service, with the word of this server
// about who asks.
//
// This server has authenticated and authorized; the other one believes the X-Remote headers because they come with the
// front proxy's certificate. So no such header of a client may pass.
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/apiserver/handler_proxy.go

import type { APIService } from '#api/types/apiregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { backendAddress } from '#apiserver/aggregation/backend-address.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { endToEndHeaders, type ForwardedHeaders, forwardedHeaders, sendOn } from '#apiserver/http/forward.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import type { UserInfo } from '#apiserver/request.ts'
import { proxyUpgrade } from '#apiserver/subresources/upgrade-proxy.ts'

/** PEM. */
export interface FrontProxyTls {
  readonly cert: string
  readonly key: string
}

/** Where the server of an APIService is, and the TLS with which it is reached; throws 503 when there is none. */
export async function backendOf(
  { client, random }: ServerAccess,
  { spec }: APIService,
  frontProxy: FrontProxyTls | undefined,
) {
  const { namespace = '', name = '', port = 443 } = spec?.service ?? {}
  const address = await backendAddress(client, random, { namespace, name, port })
  return {
    protocol: 'https:' as const,
    ...address,
    serverName: `${name}.${namespace}.svc`,
    tls: {
      ...frontProxy,
      servername: `${name}.${namespace}.svc`,
      ...(spec?.caBundle && { ca: Buffer.from(spec.caBundle, 'base64').toString('utf8') }),
      ...(spec?.insecureSkipTLSVerify && { rejectUnauthorized: false }),
    },
  }
}

export async function forwardToBackend(
  access: ServerAccess,
  apiService: APIService,
  frontProxy: FrontProxyTls | undefined,
  { request, user }: RequestContext,
): Promise<ApiResponse> {
  const backend = await backendOf(access, apiService, frontProxy)
  const target = { ...backend, path: request.rawUrl }
  const own = { ...identityOf(user), host: backend.serverName }
  const headers = forwardedHeaders(request, request.rawUrl)
  if (request.upgrade) return proxyUpgrade(request, target, { ...headers, ...own })
  const answer = await sendOn(request, target, { ...headers, ...own })
  return { type: 'stream', code: answer.statusCode ?? 502, headers: endToEndHeaders(answer), body: answer }
}

/** Who asks, in the headers of a front proxy. */
export function identityOf({ name, uid, groups, extra = {} }: UserInfo): ForwardedHeaders {
  const more = Object.entries(extra).map(([key, values]) => [
    `x-remote-extra-${encodeURIComponent(key.toLowerCase()).toLowerCase()}`,
    [...values],
  ])
  return {
    'x-remote-user': name,
    ...(uid && { 'x-remote-uid': uid }),
    ...(groups.length > 0 && { 'x-remote-group': [...groups] }),
    ...Object.fromEntries(more),
  }
}
