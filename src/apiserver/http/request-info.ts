// What a path and a method mean: which resource, which verb, which object.
//
// The first stage of the pipeline; authorization, admission, audit and routing all work from its answer.
// Invariant: authorization judges exactly what routing later does, since both read the same RequestInfo.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/request/requestinfo.go

import { badRequest, internalError } from '#api/meta/status.ts'
import type { RequestInfo } from '#apiserver/request.ts'

/** Verbs that the oldest clients put in front of the resource: `/api/v1/watch/pods`. */
const PATH_VERBS = new Set(['proxy', 'watch'])
/** What may follow `/namespaces/{name}` without being a resource inside of that namespace. */
const NAMESPACE_SUBRESOURCES = new Set(['status', 'finalize'])
const SELECTOR_VERBS = new Set(['list', 'watch', 'deletecollection'])

const VERBS: Readonly<Record<string, string>> = {
  POST: 'create',
  GET: 'get',
  HEAD: 'get',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** Splits a raw path at its slashes and decodes each part; throws 400 for a malformed escape. */
export function splitPath(path: string): string[] {
  const trimmed = path.replace(/^\/+|\/+$/g, '')
  return trimmed === '' ? [] : trimmed.split('/')
}

/** Decodes the percent escapes of a path; throws 400 where they are malformed. */
export function decodePath(path: string): string {
  if (!path.includes('%')) return path
  try {
    return decodeURIComponent(path)
  } catch {
    throw badRequest('malformed path')
  }
}

function nonResource(method: string, path: string): RequestInfo {
  return {
    isResourceRequest: false,
    verb: method.toLowerCase(),
    apiPrefix: '',
    group: '',
    version: '',
    namespace: '',
    resource: '',
    subresource: '',
    name: '',
    parts: [],
    path,
  }
}

/** Reads method, decoded path and query; throws where a path verb stands without a resource. */
export function parseRequestInfo(method: string, path: string, query: URLSearchParams): RequestInfo {
  let parts = splitPath(path)
  const apiPrefix = parts[0] ?? ''
  const isGrouped = apiPrefix === 'apis'
  if (parts.length < 3 || !(isGrouped || apiPrefix === 'api')) return nonResource(method, path)
  if (isGrouped && parts.length < 4) return nonResource(method, path)
  const group = isGrouped ? parts[1]! : ''
  const version = parts[isGrouped ? 2 : 1]!
  parts = parts.slice(isGrouped ? 3 : 2)

  const verbInPath = PATH_VERBS.has(parts[0]!) ? parts[0]! : undefined
  if (verbInPath) {
    if (parts.length < 2)
      throw internalError(new Error(`unable to determine kind and namespace from url, ${path}`))
    parts = parts.slice(1)
  }
  let namespace = ''
  if (parts[0] === 'namespaces' && parts.length > 1) {
    namespace = parts[1]!
    if (parts.length > 2 && !NAMESPACE_SUBRESOURCES.has(parts[2]!)) parts = parts.slice(2)
  }
  const subresource = verbInPath === 'proxy' ? '' : (parts[2] ?? '')
  const isRead = !verbInPath && (method === 'GET' || method === 'HEAD')
  const name = parts[1] ?? (isRead ? nameFromFieldSelector(query) : '')
  const verb = verbInPath ?? refineVerb(VERBS[method] ?? '', parts[1] ?? '', query)
  return {
    isResourceRequest: true,
    verb,
    apiPrefix,
    group,
    version,
    namespace,
    resource: parts[0]!,
    subresource,
    name,
    parts,
    path,
    ...(!verbInPath && SELECTOR_VERBS.has(verb) && selectors(query)),
  }
}

/** A get without a name is a list or a watch, a delete without one is a deletecollection. */
function refineVerb(verb: string, name: string, query: URLSearchParams): string {
  if (name !== '') return verb
  if (verb === 'delete') return 'deletecollection'
  if (verb !== 'get') return verb
  return isTrue(query.get('watch')) ? 'watch' : 'list'
}

/** How Kubernetes reads a boolean parameter: present and neither `false` nor `0` (in any case) is true. */
export function isTrue(value: string | null): boolean {
  if (value === null) return false
  const lower = value.toLowerCase()
  return lower !== 'false' && lower !== '0'
}

/** `?fieldSelector=metadata.name=x` on a list asks for one object: authorization by name applies. */
function nameFromFieldSelector(query: URLSearchParams): string {
  const text = query.get('fieldSelector') ?? ''
  const name = /(?:^|,)metadata\.name==?([^,=!\\]*)(?:,|$)/.exec(text)?.[1] ?? ''
  return name === '.' || name === '..' || /[/%]/.test(name) ? '' : name
}

function selectors(query: URLSearchParams): { fieldSelector?: string; labelSelector?: string } {
  const fieldSelector = query.get('fieldSelector')
  const labelSelector = query.get('labelSelector')
  return { ...(fieldSelector && { fieldSelector }), ...(labelSelector && { labelSelector }) }
}
