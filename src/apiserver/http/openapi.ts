// OpenAPI: what kubectl explain and validates with. The documents are made by api/schema; here they become answers.
//
// A v3 document that is asked for with its hash never changes and may be cached for ever; one with an old hash is
// redirected to the newest. Upstream: vendor/k8s.io/kube-openapi/pkg/handler3/handler.go

import { createHash } from 'node:crypto'
import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { notAcceptable } from '#api/meta/status.ts'
import { openApiV2 } from '#api/schema/openapi-v2.ts'
import { encodeOpenApiV2 } from '#api/schema/openapi-v2-protobuf.ts'
import { openApiV3 } from '#api/schema/openapi-v3.ts'
import { servedGroups } from '#api/schema/resources.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { parseAccept } from '#apiserver/http/negotiation.ts'
import type { Handler, RequestContext } from '#apiserver/pipeline.ts'

const PREFIX = '/openapi/v3/'
const YEAR_MS = 365 * 24 * 3600 * 1000

/**
 * Gives the handler of an OpenAPI path, or undefined for other paths. `elsewhere` gives the v3 documents that other
 * servers have, URL by name, another object when they have changed: listed here, they are served there. `now` is wall time in milliseconds.
 */
export function openApiPaths(
  kinds: readonly KindDefinition[],
  elsewhere: () => Readonly<Record<string, string>>,
  now: () => number,
): (path: string) => Handler | undefined {
  const groups = servedGroups(kinds)
  const v3 = openApiV3(groups)
  let index: { readonly bytes: Buffer; readonly of: Readonly<Record<string, string>> } | undefined
  let v2: VersionTwo | undefined
  const indexBytes = (): Buffer => {
    const of = elsewhere()
    if (index?.of === of) return index.bytes
    const others = Object.entries(of).map(([name, url]) => [name, { serverRelativeURL: url }])
    const { paths } = v3.index()
    const merged = { paths: { ...Object.fromEntries(others), ...(paths as JsonObject) } }
    index = { of, bytes: Buffer.from(JSON.stringify(merged)) }
    return index.bytes
  }
  const v2Document = (): VersionTwo => {
    const document = openApiV2(groups)
    const bytes = Buffer.from(JSON.stringify(document))
    let protobuf: Buffer | undefined
    return {
      bytes,
      etag: quotedHash(bytes),
      protobuf() {
        protobuf ??= encodeOpenApiV2(JSON.parse(bytes.toString()) as JsonObject)
        return protobuf
      },
    }
  }
  return (path) => {
    if (path === '/openapi/v2') {
      return async (context) => {
        v2 ??= v2Document()
        return v2Response(context, v2)
      }
    }
    if (path === '/openapi/v3')
      return async (context) => jsonDocument(context, indexBytes(), quotedHash(indexBytes()))
    if (!path.startsWith(PREFIX)) return undefined
    const name = path.slice(PREFIX.length)
    if (!v3.names.includes(name)) return undefined
    return async (context) => groupDocument(context, name, v3.document(name)!, v3.hash(name), now())
  }
}

interface VersionTwo {
  readonly bytes: Buffer
  /** For Go clients: kubectl up to 1.26 knows no other form. Made when the first of them asks. */
  protobuf(): Buffer
  readonly etag: string
}

/** The protobuf form has two names; the older has a character that media types may not have, so answers use this. */
const V2_PROTOBUF_TYPE = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf'
const V2_PROTOBUF = /^com\.github\.proto-openapi\.spec\.v2[@.]v1\.0\+protobuf$/

function v2Response(context: RequestContext, { bytes, protobuf, etag }: VersionTwo): ApiResponse {
  const accept = context.request.head.headers['accept']
  const wanted = typeof accept === 'string' ? parseAccept(accept) : []
  const chosen = wanted.find((clause) => isJson(clause) || V2_PROTOBUF.test(clause.subtype))
  if (!chosen || !V2_PROTOBUF.test(chosen.subtype)) return jsonDocument(context, bytes, etag)
  const headers = { 'content-type': V2_PROTOBUF_TYPE, etag, vary: 'Accept' }
  if (context.request.head.headers['if-none-match'] === etag)
    return { type: 'raw', code: 304, headers, body: '' }
  return { type: 'raw', code: 200, headers, body: protobuf() }
}

const quotedHash = (bytes: Buffer): string =>
  `"${createHash('sha512').update(bytes).digest('hex').toUpperCase()}"`

function groupDocument(
  context: RequestContext,
  name: string,
  bytes: Buffer,
  hash: string,
  now: number,
): ApiResponse {
  const asked = context.request.head.query.get('hash')
  if (asked === null || asked === '') return jsonDocument(context, bytes, `"${hash}"`)
  if (asked !== hash) {
    return {
      type: 'raw',
      code: 301,
      headers: { location: `${PREFIX}${name}?hash=${hash}`, vary: 'Accept' },
      body: '',
    }
  }
  return jsonDocument(context, bytes, `"${hash}"`, {
    'cache-control': 'public, immutable',
    expires: new Date(now + YEAR_MS).toUTCString(),
  })
}

function jsonDocument(
  { request }: RequestContext,
  bytes: Buffer,
  etag: string,
  more: Readonly<Record<string, string>> = {},
): ApiResponse {
  const accept = request.head.headers['accept']
  if (typeof accept === 'string' && !parseAccept(accept).some(isJson)) {
    throw notAcceptable('only the following media types are accepted: application/json')
  }
  const headers = { 'content-type': 'application/json', etag, vary: 'Accept', ...more }
  if (request.head.headers['if-none-match'] === etag) return { type: 'raw', code: 304, headers, body: '' }
  return { type: 'raw', code: 200, headers, body: bytes }
}

const isJson = ({ type, subtype }: { type: string; subtype: string }): boolean =>
  type === '*' || (type === 'application' && (subtype === 'json' || subtype === '*'))
