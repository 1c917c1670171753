// Discovery: the documents from which clients learn what this server has, made once and served as bytes.
//
// /api and /apis answer in two generations: a client that names APIGroupDiscoveryList in its Accept header gets
// everything at once, any other the lists that it asks for one by one.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/discovery

import { createHash } from 'node:crypto'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import {
  type AggregatedVersion,
  aggregatedDiscovery,
  apiGroup,
  apiGroupList,
  apiResourceList,
  apiVersions,
} from '#api/schema/discovery.ts'
import { mergeGroups, type ServedGroup, servedGroups } from '#api/schema/resources.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { encodeObject } from '#apiserver/http/encode.ts'
import { MEDIA_TYPES, negotiateOutput, parseAccept, requireAcceptable } from '#apiserver/http/negotiation.ts'
import type { Handler, RequestContext } from '#apiserver/pipeline.ts'

interface Aggregated {
  readonly bytes: Uint8Array
  readonly etag: string
}

/** Gives the handler of a discovery path (without a trailing slash), or undefined for other paths. */
export function discoveryPaths(
  kinds: readonly KindDefinition[],
  elsewhere: readonly ServedGroup[],
): (path: string) => Handler | undefined {
  const groups = mergeGroups(servedGroups(kinds), elsewhere)
  const documents = new Map<string, JsonObject>([['/apis', apiGroupList(groups)]])
  for (const group of groups) {
    const root = group.name === '' ? '/api' : `/apis/${group.name}`
    if (group.name !== '') documents.set(root, apiGroup(group))
    for (const version of group.versions)
      documents.set(`${root}/${version.version}`, apiResourceList(group.name, version))
  }
  const aggregated = new Map<string, Aggregated>()
  const aggregate = (prefix: 'api' | 'apis', version: AggregatedVersion): Aggregated => {
    const id = `${prefix} ${version}`
    let found = aggregated.get(id)
    if (!found) {
      const bytes = Buffer.from(`${JSON.stringify(aggregatedDiscovery(groups, prefix, version))}\n`)
      const etag = `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`
      found = { bytes, etag }
      aggregated.set(id, found)
    }
    return found
  }
  return (path) => {
    if (path === '/api' || path === '/apis') {
      const prefix = path === '/api' ? 'api' : 'apis'
      return async (context) => {
        const version = aggregatedVersion(context)
        if (version) return aggregatedResponse(context, aggregate(prefix, version), version)
        const document = prefix === 'api' ? apiVersions(hostOf(context)) : documents.get(path)!
        return documentResponse(context, document)
      }
    }
    const document = documents.get(path)
    return document && (async (context) => documentResponse(context, document))
  }
}

const LIST_OF_GROUPS = /^\/apis(?:\/[^/]+)?\/?$/

function documentResponse({ request }: RequestContext, document: JsonObject): ApiResponse {
  // what the aggregator answers does not come by the router
  if (!LIST_OF_GROUPS.test(request.head.path)) requireAcceptable(request.head, MEDIA_TYPES)
  const format = negotiateOutput(request.head, { conversions: false })
  const readable =
    format.mediaType === 'application/yaml' ? format : { ...format, mediaType: 'application/json' as const }
  return {
    type: 'raw',
    code: 200,
    headers: { 'content-type': readable.mediaType },
    body: encodeObject(document, readable),
  }
}

/** The version of the aggregated form that the client prefers to the plain one. */
function aggregatedVersion({ request }: RequestContext): AggregatedVersion | undefined {
  const accept = request.head.headers['accept']
  if (typeof accept !== 'string') return undefined
  for (const { type, subtype, parameters } of parseAccept(accept)) {
    if (type !== 'application' || subtype !== 'json') continue
    const { g, v, as } = parameters
    if (g === undefined && v === undefined && as === undefined) return undefined
    if (g !== 'apidiscovery.k8s.io' || as !== 'APIGroupDiscoveryList') continue
    if (v === 'v2' || v === 'v2beta1') return v
  }
  return undefined
}

function aggregatedResponse({ request }: RequestContext, document: Aggregated, version: string): ApiResponse {
  const headers = {
    'content-type': `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
    etag: document.etag,
    vary: 'Accept',
  }
  if (request.head.headers['if-none-match'] === document.etag)
    return { type: 'raw', code: 304, headers, body: '' }
  return { type: 'raw', code: 200, headers, body: document.bytes }
}

/** Where the client has reached the server: that is where it can reach it. */
function hostOf({ request }: RequestContext): string {
  const { ':authority': authority, host } = request.head.headers
  return typeof authority === 'string' ? authority : typeof host === 'string' ? host : 'localhost'
}
