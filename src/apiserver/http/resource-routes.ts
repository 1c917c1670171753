// From the RequestInfo of a resource to the verb of the registry that serves it.
//
// Order within a verb as upstream: negotiate the answer, read body and options, decode, then act, so that a client
// learns of the same fault first. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/{installer.go,handlers}

import { parseIncludeObject } from '#api/codec/table.ts'
import type { KindDefinition, Verb } from '#api/kinds/kind.ts'
import { failure, forbidden, methodNotAllowed, pathNotFound } from '#api/meta/status.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { readBody, readPatch } from '#apiserver/http/body.ts'
import {
  LIST_MEDIA_TYPES,
  MEDIA_TYPES,
  negotiateOutput,
  negotiatePatch,
  type OutputFormat,
  requireAcceptable,
  requireStreamable,
} from '#apiserver/http/negotiation.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { groupResourceOf, toVersion, verbsOf } from '#apiserver/registry/catalog.ts'
import { createObject } from '#apiserver/registry/create.ts'
import { decodeDeleteOptions, decodeKind } from '#apiserver/registry/decode.ts'
import { deleteObject } from '#apiserver/registry/delete.ts'
import { deleteCollection } from '#apiserver/registry/delete-collection.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { getObject } from '#apiserver/registry/get.ts'
import { lifecycleOf } from '#apiserver/registry/lifecycle.ts'
import { listObjects } from '#apiserver/registry/list.ts'
import {
  type DeleteOptions,
  parseDeleteOptions,
  parseListOptions,
  parsePatchOptions,
  parseWriteOptions,
  requireReadable,
} from '#apiserver/registry/options.ts'
import { patchObject } from '#apiserver/registry/patch.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { replaceObject } from '#apiserver/registry/update.ts'
import { watchObjects } from '#apiserver/registry/watch.ts'

const RESOURCE = { conversions: true }

export function createResourceRoutes(dependencies: RegistryDependencies) {
  return async (context: RequestContext, kind: KindDefinition): Promise<ApiResponse> => {
    const { info } = context
    const scope = scopeOf(context, kind)
    switch (info.verb) {
      case 'get':
        return getHandler(dependencies, scope, context)
      case 'list':
        return list(dependencies, scope, context)
      case 'watch':
        return watch(dependencies, scope, context)
      case 'create':
        return createHandler(dependencies, scope, context)
      case 'update':
        return updateHandler(dependencies, scope, context)
      case 'patch':
        return patchHandler(dependencies, scope, context)
      case 'delete':
        return remove(dependencies, scope, context)
      case 'deletecollection':
        return removeCollection(dependencies, scope, context)
      default:
        throw methodNotAllowed()
    }
  }
}

export function scopeOf(context: RequestContext, kind: KindDefinition): Scope {
  const { info, user, trail, request } = context
  const userAgent = request.head.headers['user-agent']
  return {
    kind,
    version: info.version,
    namespace: info.resource === 'namespaces' && info.group === '' ? '' : info.namespace,
    name: info.name,
    subresource: info.subresource,
    user,
    userAgent: typeof userAgent === 'string' ? userAgent : '',
    trail,
    get signal() {
      return context.signal
    },
  }
}

/** What the router says of a subresource's request before anybody else: 405 for the method, 406 for the answer. */
export function requireMethod({ info, request }: RequestContext, verbs: readonly string[]): void {
  if (!verbs.includes(info.verb) || (info.verb === 'get' && request.head.method !== 'GET')) {
    throw methodNotAllowed()
  }
  requireAcceptable(request.head, MEDIA_TYPES)
}

/** Whether this kind has this path, and this path this method. */
export function checkPath(kind: KindDefinition, context: RequestContext): void {
  const { info, request } = context
  const hasName = info.parts.length >= 2
  const isNamespacePath = info.namespace !== '' && !(info.group === '' && info.resource === 'namespaces')
  if (isNamespacePath !== kind.namespaced) {
    const isAcrossNamespaces = kind.namespaced && !hasName && verbsOf(kind).includes('list')
    if (!isAcrossNamespaces || (info.verb !== 'list' && info.verb !== 'watch')) {
      throw isAcrossNamespaces ? methodNotAllowed() : pathNotFound()
    }
  }
  if (hasName && !verbsOf(kind).includes('get')) throw pathNotFound()
  const needsName =
    info.verb === 'update' || info.verb === 'patch' || info.verb === 'delete' || info.verb === 'get'
  const isRead = info.verb === 'get' || info.verb === 'list' || info.verb === 'watch'
  if (isRead && request.head.method !== 'GET') throw methodNotAllowed()
  if (!verbsOf(kind).includes(info.verb as Verb)) throw methodNotAllowed()
  if (info.verb === 'create' && hasName) throw methodNotAllowed()
  if (needsName && !hasName) throw methodNotAllowed()
  const isList = info.verb === 'list' || info.verb === 'watch'
  requireAcceptable(request.head, isList ? LIST_MEDIA_TYPES : MEDIA_TYPES)
}

export function objectResponse(
  scope: Scope,
  stored: StoredObject,
  code: number,
  format: OutputFormat,
): ApiResponse {
  const object = toVersion(scope.kind, stored.object, scope.version)
  return {
    type: 'object',
    code,
    object,
    objectType: { kind: scope.kind, version: scope.version },
    format,
    ...(object === stored.object && { stored }),
  }
}

export async function getHandler(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request }: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(request.head, RESOURCE)
  const stored = await getObject(dependencies, scope, request.head.query.get('resourceVersion') ?? '')
  return objectResponse(scope, stored, 200, format)
}

async function list(
  dependencies: RegistryDependencies,
  scope: Scope,
  context: RequestContext,
): Promise<ApiResponse> {
  const { head } = context.request
  const format = negotiateOutput(head, RESOURCE)
  const options = parseListOptions(head.query)
  if (options.watch) return watch(dependencies, scope, context)
  return { type: 'list', list: await listObjects(dependencies, scope, options), format }
}

async function watch(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request }: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(request.head, RESOURCE)
  const options = parseListOptions(request.head.query, true)
  const prepared = watchObjects(dependencies, scope, options)
  if (format.as?.kind === 'Table') parseIncludeObject(request.head.query.get('includeObject'))
  requireStreamable(format)
  return { type: 'watch', watch: prepared, format }
}

export async function createHandler(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request, trail }: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(request.head, RESOURCE)
  const body = await readBody(request)
  const options = parseWriteOptions(request.head.query, 'CreateOptions')
  const draft = decodeKind(body, scope.kind, scope.version, {
    validation: options.fieldValidation,
    warn: trail.warn,
    audit: trail.audit,
  })
  return objectResponse(scope, await createObject(dependencies, scope, draft, options), 201, format)
}

export async function updateHandler(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request, trail }: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(request.head, RESOURCE)
  const body = await readBody(request)
  const options = parseWriteOptions(request.head.query, 'UpdateOptions')
  const draft = decodeKind(body, scope.kind, scope.version, {
    validation: options.fieldValidation,
    warn: trail.warn,
    audit: trail.audit,
  })
  const { stored, created } = await replaceObject(dependencies, scope, draft, options)
  return objectResponse(scope, stored, created ? 201 : 200, format)
}

export async function patchHandler(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request, trail }: RequestContext,
): Promise<ApiResponse> {
  const mediaType = negotiatePatch(request.head)
  if (!mediaType) throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  const format = negotiateOutput(request.head, RESOURCE)
  const body = await readPatch(request)
  trail.audit?.requestPatch(body.type === 'bytes' ? body.bytes : body.object)
  const options = parsePatchOptions(request.head.query, mediaType === 'application/apply-patch+yaml')
  const { stored, created } = await patchObject(dependencies, scope, mediaType, body, options)
  return objectResponse(scope, stored, created ? 201 : 200, format)
}

async function readDeleteOptions({ request, trail }: RequestContext): Promise<DeleteOptions> {
  const body = await readBody(request)
  if (body.type === 'bytes' && body.bytes.length === 0)
    return parseDeleteOptions(request.head.query, undefined)
  const given = decodeDeleteOptions(body)
  // under the version that upstream's decoder of options gives it
  trail.audit?.requestObject({ ...given, kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/__internal' })
  return parseDeleteOptions(request.head.query, given)
}

/** Dependents that stay by default are told of, unless the client has said what it wants. */
function warnOfOrphans({ kind, trail }: Scope, options: DeleteOptions): void {
  const { orphanWarning } = lifecycleOf(kind)
  if (!orphanWarning || options.propagationPolicy !== undefined || options.orphanDependents !== undefined)
    return
  trail.warn(orphanWarning)
}

async function remove(
  dependencies: RegistryDependencies,
  scope: Scope,
  context: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(context.request.head, RESOURCE)
  const options = await readDeleteOptions(context)
  warnOfOrphans(scope, options)
  const reason = scope.kind.notDeletable?.(scope.name)
  if (reason) throw forbidden(groupResourceOf(scope.kind), scope.name, reason)
  const result = await deleteObject(dependencies, scope, options)
  const code = !result.deleted && options.orphanDependents === false ? 202 : 200
  if (result.stored) return objectResponse(scope, result.stored, code, format)
  return { type: 'object', code, object: result.status!, format }
}

async function removeCollection(
  dependencies: RegistryDependencies,
  scope: Scope,
  context: RequestContext,
): Promise<ApiResponse> {
  const { head } = context.request
  const format = negotiateOutput(head, RESOURCE)
  const listOptions = parseListOptions(head.query)
  requireReadable(listOptions)
  const options = await readDeleteOptions(context)
  warnOfOrphans(scope, options)
  const deleted = await deleteCollection(dependencies, scope, listOptions, options)
  return { type: 'list', list: deleted, format }
}
