// Update: PUT to an object or to a subresource that is stored in it, and the common end of every patch.
//
// Against the newest state, again with each state that another writer put in between:
// make the new object ▶ record fields ▶ admit (mutate) ▶ check resourceVersion ▶ prepare ▶ validate ▶ admit ▶ store.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/update.go, .../registry/generic/registry/store.go

import type { KindDefinition, SubresourceStrategy } from '#api/kinds/kind.ts'
import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { invalid, isNotFound, staleObject } from '#api/meta/status.ts'
import { admissionRequest, dedupAndWarn } from '#apiserver/registry/admit.ts'
import { beforeUpdate } from '#apiserver/registry/before-write.ts'
import { dropEmptyOf, groupResourceOf, keyOf } from '#apiserver/registry/catalog.ts'
import { mutateNew, prepareNew, writeOptionsObject } from '#apiserver/registry/create.ts'
import type { Begun, RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { cloneJson, freezeJson, metadataOf } from '#apiserver/registry/json.ts'
import { lifecycleOf } from '#apiserver/registry/lifecycle.ts'
import { plainError } from '#apiserver/registry/object-store.ts'
import type { WriteOptions } from '#apiserver/registry/options.ts'
import {
  ensureName,
  ensureNamespace,
  fieldManagerOf,
  kindContext,
  type Scope,
} from '#apiserver/registry/scope.ts'
import { type StoredObject, storedObject } from '#apiserver/registry/stored-object.ts'
import { formatTime } from '#sys/clock.ts'

export interface UpdateResult {
  readonly stored: StoredObject
  readonly created: boolean
}

export interface UpdateRequest {
  readonly options: WriteOptions
  /** Makes the new object (a draft) from the current one; fields are already recorded in it. */
  makeNew(current: JsonObject | undefined): Promise<JsonObject>
  /** The uid that the client expects. */
  readonly uid?: string | undefined
  /** Server-side apply creates what is not there, whatever the kind says. */
  readonly mayCreate?: boolean
}

/** PUT: the client's whole object takes the place of the current one. */
export function replaceObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  options: WriteOptions,
): Promise<UpdateResult> {
  ensureNamespace(scope, draft)
  ensureName(scope, draft)
  dedupAndWarn(scope, draft, false)
  const manager = fieldManagerOf(scope, options.fieldManager)
  return updateObject(dependencies, scope, {
    options,
    uid: (draft['metadata'] as ObjectMeta).uid,
    async makeNew(current) {
      const fresh = cloneJson(draft)
      dependencies.fields.recordUpdate(scope, fresh, current, manager)
      return fresh
    },
  })
}

/** Thrown out of a transformation whose result is that the object is to be deleted. */
class FinalizersGone extends Error {
  readonly draft: JsonObject
  constructor(draft: JsonObject) {
    super('the last finalizer is gone')
    this.draft = draft
  }
}

/** Changes an object, retrying with each newer state. */
export async function updateObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  request: UpdateRequest,
): Promise<UpdateResult> {
  const { kind } = scope
  const { options } = request
  const key = keyOf(kind, scope.namespace, scope.name)
  const mayCreate = (request.mayCreate || kind.allowCreateOnUpdate === true) && scope.subresource === ''
  const preconditions = request.uid ? { uid: request.uid } : undefined
  let begun: Begun | undefined
  try {
    const result = await dependencies.objects.update(
      kind,
      key,
      scope.name,
      { mayCreate, dryRun: options.dryRun, preconditions },
      async (current) => {
        await begun?.revert()
        begun = undefined
        const draft = await request.makeNew(current?.object)
        const outcome = current
          ? await changeExisting(dependencies, scope, draft, current, options)
          : await createFromUpdate(dependencies, scope, draft, options)
        begun = outcome.begun
        return outcome.draft
      },
    )
    await begun?.finish()
    return result
  } catch (error) {
    await begun?.revert()
    if (error instanceof FinalizersGone)
      return deleteFinalized(dependencies, scope, key, error.draft, options.dryRun)
    throw error
  }
}

/** What is to be stored, and what was given out for it. */
interface Outcome {
  readonly draft: JsonObject
  readonly begun: Begun | undefined
}

async function createFromUpdate(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  options: WriteOptions,
): Promise<Outcome> {
  await dependencies.authorization.require(scope.user, {
    isResourceRequest: true,
    verb: 'create',
    apiPrefix: scope.kind.group === '' ? 'api' : 'apis',
    group: scope.kind.group,
    version: scope.version,
    namespace: scope.namespace,
    resource: scope.kind.resource,
    subresource: scope.subresource,
    name: scope.name,
    parts: [],
    path: '',
  })
  await mutateNew(dependencies, scope, draft, options)
  dedupAndWarn(scope, draft, true)
  const metadata = metadataOf(draft)
  // the state that it was made from is gone, and was not needed
  parseResourceVersion(metadata)
  delete metadata['resourceVersion']
  metadata['creationTimestamp'] = formatTime(dependencies.clock.now())
  metadata['uid'] = dependencies.random.uuid()
  const begun = await dependencies.hooksOf(scope.kind)?.beginCreate(draft, options.dryRun)
  try {
    await prepareNew(dependencies, scope, draft, options)
    return { draft, begun }
  } catch (error) {
    await begun?.revert()
    throw error
  }
}

async function changeExisting(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  current: StoredObject,
  options: WriteOptions,
): Promise<Outcome> {
  const { kind } = scope
  const old = current.object
  const update = {
    operation: 'UPDATE',
    dryRun: options.dryRun,
    object: draft,
    oldObject: old,
    options: writeOptionsObject('UpdateOptions', options),
  } as const
  await dependencies.admission.mutate(admissionRequest(scope, update))
  kind.defaults?.(draft)
  dedupAndWarn(scope, draft, true)
  checkResourceVersion(scope, draft, current)
  const begun =
    scope.subresource === ''
      ? await dependencies.hooksOf(kind)?.beginUpdate(draft, old, options.dryRun)
      : undefined
  try {
    ensureNamespace(scope, draft)
    const strategy = strategyOf(kind, scope.subresource)
    const warnings = beforeUpdate(kind, strategy, draft, old, kindContext(scope, dependencies.clock.now()))
    for (const text of warnings) scope.trail.warn(text)
    dropEmptyOf(kind, draft)
    dependencies.fields.keepTimes(draft, old)
    await dependencies.admission.validate(admissionRequest(scope, update))
    if (isFinalized(kind, draft, old)) throw new FinalizersGone(draft)
    return { draft, begun }
  } catch (error) {
    await begun?.revert()
    throw error
  }
}

function strategyOf(kind: KindDefinition, subresource: string): SubresourceStrategy | undefined {
  if (subresource === '' || subresource === 'scale') return undefined
  return subresource === 'status' ? kind.status : kind.storedSubresources?.[subresource]
}

function parseResourceVersion(metadata: JsonObject): number {
  const text = (metadata['resourceVersion'] as string | undefined) ?? ''
  if (text === '') return 0
  if (!/^\d+$/.test(text))
    throw plainError(`strconv.ParseUint: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

/** An update names the state that it was made from; without one it overwrites, where the kind allows that. */
function checkResourceVersion(scope: Scope, draft: JsonObject, current: StoredObject): void {
  const metadata = metadataOf(draft)
  const given = parseResourceVersion(metadata)
  if (given === 0) {
    if (scope.kind.allowUnconditionalUpdate === false) {
      const error = invalidField(
        new Path('metadata').child('resourceVersion'),
        0,
        'must be specified for an update',
      )
      throw invalid(scope.kind.group, scope.kind.resource, scope.name, [error])
    }
    metadata['resourceVersion'] = String(current.revision)
  } else if (given !== current.revision) {
    throw staleObject(groupResourceOf(scope.kind), scope.name)
  }
}

/** Whether this update removes what kept a deleted object from going. */
function isFinalized(kind: KindDefinition, draft: JsonObject, old: JsonObject): boolean {
  const meta = draft['metadata'] as ObjectMeta
  const oldMeta = old['metadata'] as ObjectMeta
  if ((meta.finalizers ?? []).length > 0 || !oldMeta.deletionTimestamp) return false
  if ((oldMeta.deletionGracePeriodSeconds ?? 0) !== 0) return false
  return lifecycleOf(kind).isFinalized?.(draft) ?? true
}

/** Deletes what the update has finalized; the client gets the object that it sent. */
async function deleteFinalized(
  dependencies: RegistryDependencies,
  scope: Scope,
  key: string,
  draft: JsonObject,
  dryRun: boolean,
): Promise<UpdateResult> {
  try {
    const last = await dependencies.objects.delete(
      scope.kind,
      key,
      scope.name,
      { dryRun },
      async () => undefined,
    )
    if (!dryRun) await dependencies.hooksOf(scope.kind)?.afterDelete(last.object)
  } catch (error) {
    if (!isNotFound(error)) throw error // another writer was faster
  }
  const revision = Number(metadataOf(draft)['resourceVersion'])
  return { stored: storedObject(key, freezeJson(draft), revision), created: false }
}
