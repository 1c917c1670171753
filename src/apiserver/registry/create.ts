// Create: POST to a collection.
//
// record fields ▶ admit (mutate) ▶ name, uid, time ▶ prepare ▶ validate ▶ admit (validate) ▶ store.
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/create.go, .../registry/generic/registry/store.go

import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { failure, isAlreadyExists, qualified } from '#api/meta/status.ts'
import { admissionRequest, dedupAndWarn } from '#apiserver/registry/admit.ts'
import { beforeCreate, wipeSystemFields } from '#apiserver/registry/before-write.ts'
import { dropEmptyOf, groupResourceOf, keyOf } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { cloneJson, metadataOf } from '#apiserver/registry/json.ts'
import type { WriteOptions } from '#apiserver/registry/options.ts'
import { ensureNamespace, fieldManagerOf, kindContext, type Scope } from '#apiserver/registry/scope.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { formatTime } from '#sys/clock.ts'
import { randomSuffix } from '#sys/random.ts'

/** With so many tries a million names of one prefix collide in one of a thousand cases. */
const GENERATE_NAME_TRIES = 8
const GENERATED_SUFFIX_LENGTH = 5
const GENERATED_NAME_MAX = 63

/** Stores `draft` (in the storage version, defaulted); the caller's draft is used up. */
export async function createObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  options: WriteOptions,
): Promise<StoredObject> {
  wipeSystemFields(draft)
  ensureNamespace(scope, draft)
  dedupAndWarn(scope, draft, false)
  dependencies.fields.recordUpdate(scope, draft, undefined, fieldManagerOf(scope, options.fieldManager))
  await mutateNew(dependencies, scope, draft, options)
  dedupAndWarn(scope, draft, true)

  const metadata = metadataOf(draft)
  if (metadata['name'] || !metadata['generateName']) return createOnce(dependencies, scope, draft, options)
  for (let tries = 1; ; tries++) {
    try {
      return await createOnce(dependencies, scope, cloneJson(draft), options)
    } catch (error) {
      if (!isAlreadyExists(error) || tries === GENERATE_NAME_TRIES) throw error
    }
  }
}

/** Runs the mutating half of admission for an object that does not exist yet. */
export async function mutateNew(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  options: WriteOptions,
): Promise<void> {
  const name = (metadataOf(draft)['name'] as string | undefined) ?? ''
  await dependencies.admission.mutate(
    admissionRequest(scope, {
      operation: 'CREATE',
      name,
      dryRun: options.dryRun,
      object: draft,
      options: writeOptionsObject('CreateOptions', options),
    }),
  )
  scope.kind.defaults?.(draft)
}

export function writeOptionsObject(kind: string, options: WriteOptions): JsonObject {
  return {
    kind,
    apiVersion: 'meta.k8s.io/v1',
    ...(options.dryRun && { dryRun: ['All'] }),
    ...(options.fieldManager && { fieldManager: options.fieldManager }),
    fieldValidation: options.fieldValidation,
  }
}

async function createOnce(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  options: WriteOptions,
): Promise<StoredObject> {
  const { kind } = scope
  const metadata = metadataOf(draft)
  metadata['creationTimestamp'] = formatTime(dependencies.clock.now())
  metadata['uid'] = dependencies.random.uuid()
  const generated = !metadata['name'] && Boolean(metadata['generateName'])
  if (generated) metadata['name'] = generateName(dependencies, String(metadata['generateName']))
  const begun = await dependencies.hooksOf(kind)?.beginCreate(draft, options.dryRun)
  try {
    await prepareNew(dependencies, scope, draft, options)
    const name = (draft['metadata'] as ObjectMeta).name!
    const key = keyOf(kind, scope.namespace, name)
    const stored = await dependencies.objects.create(kind, key, name, draft, options.dryRun)
    await begun?.finish()
    return stored
  } catch (error) {
    await begun?.revert()
    throw generated && isAlreadyExists(error) ? generatedNameTaken(scope, String(metadata['name'])) : error
  }
}

/** Prepares, validates and admits an object whose system fields are set. */
export async function prepareNew(
  dependencies: RegistryDependencies,
  scope: Scope,
  draft: JsonObject,
  options: WriteOptions,
): Promise<void> {
  const context = kindContext(scope, dependencies.clock.now())
  ensureNamespace(scope, draft)
  for (const text of beforeCreate(scope.kind, draft, context)) scope.trail.warn(text)
  dropEmptyOf(scope.kind, draft)
  scope.kind.defaults?.(draft) // as when it is read: what was empty is not there now
  const name = (draft['metadata'] as ObjectMeta).name!
  await dependencies.admission.validate(
    admissionRequest(scope, {
      operation: 'CREATE',
      name,
      dryRun: options.dryRun,
      object: draft,
      options: writeOptionsObject('CreateOptions', options),
    }),
  )
}

function generateName(dependencies: RegistryDependencies, prefix: string): string {
  const base = prefix.slice(0, GENERATED_NAME_MAX - GENERATED_SUFFIX_LENGTH)
  return base + randomSuffix(dependencies.random, GENERATED_SUFFIX_LENGTH)
}

function generatedNameTaken(scope: Scope, name: string): Error {
  const resource = groupResourceOf(scope.kind)
  const message = `${qualified(resource)} ${JSON.stringify(name)} already exists, the server was not able to generate a unique name for the object`
  return failure(409, 'AlreadyExists', message, {
    name,
    group: resource.group,
    kind: resource.resource,
    retryAfterSeconds: 1,
  })
}
