// A request for an aggregated API on its way there: to one of the pods behind the Service, with the word of this server
// about who asks.
//
// This server has authenticated and authorized; the other one believes the X-Remote headers because they come with the
// front proxy's certificate. So no such header of a client may pass.
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/apiserver/handler_proxy.go
// Left out: upgrades of the connection

import { serviceUnavailable } from '#api/meta/status.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { backendAddress } from '#apiserver/aggregation/backend-address.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { endToEndHeaders, forwardedHeaders, sendOn } from '#apiserver/http/forward.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import type { UserInfo } from '#apiserver/request.ts'

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
  if (request.upgrade) throw serviceUnavailable('upgrades of aggregated APIs are not passed on')
  const backend = await backendOf(access, apiService, frontProxy)
  const headers = { ...withoutIdentity(forwardedHeaders(request, request.rawUrl)), ...identityOf(user) }
  const answer = await sendOn(
    request,
    { ...backend, path: request.rawUrl },
    { ...headers, host: backend.serverName },
  )
  return { type: 'stream', code: answer.statusCode ?? 502, headers: endToEndHeaders(answer), body: answer }
}

type Headers = Record<string, string | string[]>

function withoutIdentity(headers: Headers): Headers {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith('x-remote-')))
}

/** Who asks, in the headers of a front proxy. */
export function identityOf({ name, uid, groups, extra = {} }: UserInfo): Headers {
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
