// The scale of a workload: replicas wanted and there, in one shape for every kind that has them.
//
// Reading makes a Scale of the parent; writing puts its replicas into the parent, which is then updated by its own
// rules. Upstream: pkg/registry/apps/deployment/storage/storage.go (ScaleREST, scaleUpdatedObjectInfo)

import { ageColumn, column, field, integer, nameColumn } from '#api/kinds/columns.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import { apiVersionOf, type JsonObject, type ObjectMeta } from '#api/meta/object.ts'
import { validateObjectMeta } from '#api/meta/object-meta-validation.ts'
import { failure, invalid, notFound } from '#api/meta/status.ts'
import { entriesOf, type Owners, ownersOfStored } from '#api/patch/apply/owners.ts'
import { fieldElement } from '#api/patch/apply/path-element.ts'
import { parentOwners, type ReplicasField, scaleOwners } from '#api/patch/apply/scale-owners.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import { readBody, readPatch } from '#apiserver/http/body.ts'
import { negotiateOutput, negotiatePatch, type OutputFormat } from '#apiserver/http/negotiation.ts'
import { requireMethod, scopeOf } from '#apiserver/http/resource-routes.ts'
import type { RequestContext } from '#apiserver/pipeline.ts'
import { groupResourceOf } from '#apiserver/registry/catalog.ts'
import { decodeTyped } from '#apiserver/registry/decode.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { getObject } from '#apiserver/registry/get.ts'
import { cloneJson, metadataOf } from '#apiserver/registry/json.ts'
import { parsePatchOptions, parseWriteOptions, type WriteOptions } from '#apiserver/registry/options.ts'
import { judgeDoubledKeys, readApplied } from '#apiserver/registry/patch.ts'
import { patcherOf } from '#apiserver/registry/patchers.ts'
import { ensureName, ensureNamespace, fieldManagerOf, type Scope } from '#apiserver/registry/scope.ts'
import { updateObject } from '#apiserver/registry/update.ts'
import type { ResourceHandler } from '#apiserver/routes.ts'

const SCALE = { group: 'autoscaling', version: 'v1', kind: 'Scale' }

const SCALE_KIND: KindDefinition = {
  group: SCALE.group,
  kind: SCALE.kind,
  resource: 'scales',
  singular: 'scale',
  namespaced: true,
  versions: [SCALE.version],
  storageVersion: SCALE.version,
  columns: [
    nameColumn({ format: '' }),
    column('Desired', field('autoscaling.v1.ScaleSpec', 'replicas'), replicasOf('spec'), integer),
    column('Available', field('autoscaling.v1.ScaleStatus', 'replicas'), replicasOf('status'), integer),
    ageColumn(),
  ],
}

function replicasOf(part: 'spec' | 'status'): (scale: JsonObject) => number {
  return (scale) => (scale[part] as { replicas?: number } | undefined)?.replicas ?? 0
}

export function scaleSubresource(dependencies: RegistryDependencies): ResourceHandler {
  return async (context, kind) => {
    const scope = scopeOf(context, kind)
    const { verb } = context.info
    requireMethod(context, ['get', 'update', 'patch'])
    if (verb === 'get') return get(dependencies, scope, context)
    return verb === 'update' ? update(dependencies, scope, context) : patch(dependencies, scope, context)
  }
}

const answer = (scale: JsonObject, format: OutputFormat): ApiResponse => ({
  type: 'object',
  code: 200,
  object: scale,
  objectType: { kind: SCALE_KIND, version: SCALE.version },
  format,
})

async function get(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request }: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(request.head, { conversions: true })
  const parent = await getObject(dependencies, scope, request.head.query.get('resourceVersion') ?? '')
  return answer(scaleOf(scope.kind, parent.object), format)
}

async function update(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request, trail }: RequestContext,
): Promise<ApiResponse> {
  const format = negotiateOutput(request.head, { conversions: true })
  const body = await readBody(request)
  const options = parseWriteOptions(request.head.query, 'UpdateOptions')
  const scale = decodeTyped(body, SCALE, {
    validation: options.fieldValidation,
    warn: trail.warn,
    audit: trail.audit,
  })
  ensureNamespace(scope, scale)
  ensureName(scope, scale)
  return answer(
    await writeScale(
      dependencies,
      scope,
      options,
      (current) => recorded(dependencies, scope, options, cloneJson(scale), current),
      (scale['metadata'] as ObjectMeta | undefined)?.uid,
    ),
    format,
  )
}

async function patch(
  dependencies: RegistryDependencies,
  scope: Scope,
  { request, trail }: RequestContext,
): Promise<ApiResponse> {
  const mediaType = negotiatePatch(request.head)
  if (!mediaType) throw failure(415, 'UnsupportedMediaType', '415: Unsupported Media Type', {})
  const format = negotiateOutput(request.head, { conversions: true })
  const body = await readPatch(request)
  trail.audit?.requestPatch(body.type === 'bytes' ? body.bytes : body.object)
  const isApply = mediaType === 'application/apply-patch+yaml'
  const options = parsePatchOptions(request.head.query, isApply)
  if (mediaType === 'application/apply-patch+yaml') {
    const applied = readApplied(body, options)
    const { fieldManager: manager, force } = options
    return answer(
      await writeScale(dependencies, scope, options, (current) => {
        const scale = dependencies.fields.apply(scaleScope(scope), current, applied.object, {
          manager,
          force,
        })
        judgeDoubledKeys(scope, applied, options)
        return checked(scope, scale)
      }),
      format,
    )
  }
  const patcher = patcherOf(scope, SCALE, mediaType, body, options)
  return answer(
    await writeScale(dependencies, scope, options, (current) =>
      recorded(dependencies, scope, options, checked(scope, patcher(current)), current),
    ),
    format,
  )
}

function checked(scope: Scope, scale: JsonObject): JsonObject {
  ensureNamespace(scope, scale)
  ensureName(scope, scale)
  return scale
}

/** The request as one for a Scale, whose fields have owners by its own schema. */
const scaleScope = (scope: Scope): Scope => ({ ...scope, kind: SCALE_KIND, version: SCALE.version })

function recorded(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: WriteOptions,
  scale: JsonObject,
  current: JsonObject,
): JsonObject {
  const manager = fieldManagerOf(scope, options.fieldManager)
  dependencies.fields.recordUpdate(scaleScope(scope), scale, current, manager)
  return scale
}

/** `change` gives the new Scale of the current one, with its owners; `uid` is the one that the client expects. */
async function writeScale(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: WriteOptions,
  change: (current: JsonObject) => JsonObject,
  uid?: string,
): Promise<JsonObject> {
  const { kind } = scope
  const { stored } = await updateObject(dependencies, scope, {
    options,
    uid,
    async makeNew(current) {
      if (!current) throw notFound(groupResourceOf(kind), scope.name)
      const owners = ownersIn(current)
      const field = replicasField(scope)
      const scale = change(setOwners(scaleOf(kind, current), scaleOwners(field, owners)))
      validateScale(scope, scale)
      const draft = setOwners(cloneJson(current), parentOwners(field, owners, ownersIn(scale)))
      const { resourceVersion, uid } = scale['metadata'] as ObjectMeta
      const metadata = metadataOf(draft)
      if (resourceVersion) metadata['resourceVersion'] = resourceVersion
      if (uid) metadata['uid'] = uid
      setPath(
        draft,
        kind.scale!.specReplicasPath,
        (scale['spec'] as { replicas?: number } | undefined)?.replicas ?? 0,
      )
      return draft
    },
  })
  return scaleOf(kind, stored.object)
}

const ownersIn = (object: JsonObject): Owners =>
  ownersOfStored((object['metadata'] as ObjectMeta).managedFields)

function setOwners(draft: JsonObject, owners: Owners): JsonObject {
  const metadata = metadataOf(draft)
  const entries = entriesOf(owners)
  if (entries) metadata['managedFields'] = entries
  else delete metadata['managedFields']
  return draft
}

function replicasField({ kind, version }: Scope): ReplicasField {
  const served = kind.versions.map((one) => apiVersionOf(kind.group, one))
  return {
    path: partsOf(kind.scale!.specReplicasPath).map(fieldElement),
    apiVersion: apiVersionOf(kind.group, version),
    isServed: (apiVersion) => served.includes(apiVersion),
  }
}

function validateScale(scope: Scope, scale: JsonObject): void {
  const meta = (scale['metadata'] ?? {}) as ObjectMeta
  const errors = validateObjectMeta(meta, true, isPathSegmentName)
  const replicas = (scale['spec'] as { replicas?: number } | undefined)?.replicas ?? 0
  if (replicas < 0) {
    errors.push(
      invalidField(new Path('spec').child('replicas'), replicas, 'must be greater than or equal to 0'),
    )
  }
  if (errors.length > 0) throw invalid('autoscaling', 'Scale', scope.name, errors)
}

/** The Scale of a workload in its storage version. */
export function scaleOf(kind: KindDefinition, parent: JsonObject): JsonObject {
  const { specReplicasPath, statusReplicasPath, selector } = kind.scale!
  const { name, namespace, uid, resourceVersion, creationTimestamp } = parent['metadata'] as ObjectMeta
  const wanted = getPath(parent, specReplicasPath)
  const selected = selector(parent)
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: wanted ? { replicas: wanted } : {},
    status: {
      replicas: getPath(parent, statusReplicasPath) ?? 0,
      ...(selected !== '' && { selector: selected }),
    },
  }
}

const partsOf = (path: string): string[] => path.split('.').filter((part) => part !== '')

function getPath(object: JsonObject, path: string): unknown {
  return partsOf(path).reduce<unknown>((value, part) => (value as JsonObject | undefined)?.[part], object)
}

function setPath(object: JsonObject, path: string, value: unknown): void {
  const parts = partsOf(path)
  const last = parts.pop()!
  let target = object
  for (const part of parts) {
    target[part] ??= {}
    target = target[part] as JsonObject
  }
  target[last] = value
}
