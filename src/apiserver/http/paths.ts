// The paths that are no resource: version, health, metrics, discovery, OpenAPI, and the index of them all.

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { ServedGroup } from '#api/schema/resources.ts'
import type { ServedDocument } from '#apiserver/access-control.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { discoveryPaths } from '#apiserver/http/discovery.ts'
import { type HealthEndpoint, healthHandler } from '#apiserver/http/health.ts'
import { requireAcceptable } from '#apiserver/http/negotiation.ts'
import { openApiPaths } from '#apiserver/http/openapi.ts'
import { versionResponse } from '#apiserver/http/version.ts'
import type { Handler } from '#apiserver/pipeline.ts'
import type { RequestHead } from '#apiserver/request.ts'

export interface PathOptions {
  /** The kinds as they are now: another array when they have changed. */
  kinds(): readonly KindDefinition[]
  /** The groups that other servers have, as they are now: another array when they have changed. */
  aggregated(): readonly ServedGroup[]
  /** The OpenAPI v3 documents of other servers, URL by name: another object when they have changed. */
  readonly aggregatedOpenApi: () => Readonly<Record<string, string>>
  readonly health: readonly HealthEndpoint[]
  metrics(): Promise<ApiResponse>
  readonly documents: readonly ServedDocument[]
  /** Wall time in milliseconds. */
  now(): number
  /** Paths that are not listed in the index. */
  unlisted?(path: string): Handler | undefined
}

/** Gives the handler of a path, or undefined; a trailing slash makes no difference. */
export function createPaths(options: PathOptions): (path: string) => Handler | undefined {
  const discovery = madeFrom(
    (): [readonly KindDefinition[], readonly ServedGroup[]] => [options.kinds(), options.aggregated()],
    discoveryPaths,
  )
  const openApi = madeFrom(
    (): [readonly KindDefinition[]] => [options.kinds()],
    (kinds) => openApiPaths(kinds, options.aggregatedOpenApi, options.now),
  )
  const documents = new Map(options.documents.map((document) => [document.path, document]))
  return (path) => {
    const trimmed = path.length > 1 ? path.replace(/\/+$/, '') : path
    if (trimmed === '/version') return async ({ request }) => versionResponse(request.head)
    if (trimmed === '/metrics') return () => options.metrics()
    if (trimmed === '/') return async () => index(options)
    const document = documents.get(trimmed)
    if (document) return async ({ request }) => documentResponse(request.head, document)
    return (
      discovery()(trimmed) ??
      openApi()(trimmed) ??
      healthHandler(options.health, path) ??
      options.unlisted?.(trimmed)
    )
  }
}

/** Throws 406 where the client wants it as anything else. */
function documentResponse(head: RequestHead, { headers, body }: ServedDocument): ApiResponse {
  requireAcceptable(head, [String(headers['content-type'])])
  return { type: 'raw', code: 200, headers, body }
}

/** Makes it again whenever one of its sources is another than before. */
function madeFrom<S extends readonly unknown[], T>(sources: () => S, make: (...from: S) => T): () => T {
  let from: S | undefined
  let made: T | undefined
  return () => {
    const now = sources()
    if (made === undefined || now.some((source, i) => source !== from?.[i])) made = make(...now)
    from = now
    return made
  }
}

function index({ kinds, health, documents }: PathOptions): Awaited<ReturnType<Handler>> {
  const paths = new Set(['/api', '/api/v1', '/apis', '/metrics', '/openapi/v2', '/openapi/v3', '/version'])
  for (const { group, versions } of kinds()) {
    if (group === '') continue
    paths.add(`/apis/${group}`)
    for (const version of versions) paths.add(`/apis/${group}/${version}`)
  }
  for (const { name, checks } of health) {
    paths.add(`/${name}`)
    for (const check of checks) paths.add(`/${name}/${check.name}`)
  }
  for (const { path } of documents) paths.add(path)
  const body = `${JSON.stringify({ paths: [...paths].sort() }, undefined, 2)}`
  return { type: 'raw', code: 200, headers: { 'content-type': 'application/json' }, body }
}
