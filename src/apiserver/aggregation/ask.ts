// What this server itself asks of an aggregated API: its discovery, and where its OpenAPI documents are.
//
// Bounded in size and time by sendHttps; never on the way of a request of a client.
// Upstream: staging/src/k8s.io/kube-aggregator/pkg/controllers/openapiv3/aggregator/downloader.go

import type { JsonObject } from '#api/meta/object.ts'
import type { APIService } from '#api/types/apiregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { backendOf, type FrontProxyTls, identityOf } from '#apiserver/aggregation/forward.ts'
import { type HttpsAnswer, sendHttps } from '#sys/https.ts'

const TIMEOUT_MS = 5_000

/** Who asks: this server itself. */
const SELF = { name: 'system:kube-aggregator', groups: ['system:masters'] }

/** Sends a GET to the server of an APIService. Throws 503 where nobody is behind it, and UnreachableError. */
export async function askBackend(
  access: ServerAccess,
  apiService: APIService,
  frontProxy: FrontProxyTls | undefined,
  path: string,
): Promise<HttpsAnswer & { readonly url: string }> {
  const { host, port, serverName, tls } = await backendOf(access, apiService, frontProxy)
  const url = `https://${serverName}${path}`
  const { rejectUnauthorized, ca, cert, key } = tls
  const target = {
    url,
    serverName,
    address: { host, port },
    ...(ca && { ca }),
    ...(cert && key && { cert, key }),
    ...(rejectUnauthorized === false && { isInsecure: true }),
    headers: Object.fromEntries(
      Object.entries(identityOf(SELF)).map(([header, value]) => [header, String(value)]),
    ),
  }
  return { ...(await sendHttps(target, undefined, TIMEOUT_MS, access.clock)), url }
}

/** Where `/openapi/v3` of an aggregated API says that the document of its group version is; undefined without one. */
export async function askForOpenApi(
  access: ServerAccess,
  apiService: APIService,
  frontProxy: FrontProxyTls | undefined,
): Promise<string | undefined> {
  try {
    const { code, text } = await askBackend(access, apiService, frontProxy, '/openapi/v3')
    return code === 200 ? documentUrl(JSON.parse(text) as JsonObject, apiService) : undefined
  } catch (error) {
    // an API without OpenAPI serves its objects no less
    access.log.debug({ apiService: apiService.metadata?.name, error: String(error) }, 'has no OpenAPI v3')
    return undefined
  }
}

/** Only the path under which this server passes the question on; who points elsewhere is not listed. */
export function documentUrl(index: JsonObject, { spec }: APIService): string | undefined {
  const name = `apis/${spec?.group}/${spec?.version}`
  const paths = index['paths'] as Readonly<Record<string, { serverRelativeURL?: unknown }>> | undefined
  const url = paths?.[name]?.serverRelativeURL
  return typeof url === 'string' && url.split('?')[0] === `/openapi/v3/${name}` ? url : undefined
}
