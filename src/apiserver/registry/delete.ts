// Delete: one object, or all that a selector finds.
//
// admit ▶ mark (grace period, finalizers) ▶ store the mark, or remove the object.
// A marked object goes later: when its kubelet deletes it with grace period 0, or when an update removes its last
// finalizer (update.ts). Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/delete.go,
// .../registry/generic/registry/store.go, pkg/registry/core/namespace/storage/storage.go

import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { conflict, isNotFound, notFound } from '#api/meta/status.ts'
import { admissionRequest } from '#apiserver/registry/admit.ts'
import { beforeDelete, type DeleteVerdict } from '#apiserver/registry/before-delete.ts'
import { groupResourceOf, keyOf } from '#apiserver/registry/catalog.ts'
import type { RegistryDependencies } from '#apiserver/registry/dependencies.ts'
import { cloneJson, metadataOf } from '#apiserver/registry/json.ts'
import { lifecycleOf } from '#apiserver/registry/lifecycle.ts'
import type { DeleteOptions } from '#apiserver/registry/options.ts'
import type { Scope } from '#apiserver/registry/scope.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'
import { formatTime } from '#sys/clock.ts'

export interface DeleteResult {
  /** The last state, where the kind (or a deletion that is only marked) answers with the object. */
  readonly stored?: StoredObject
  /** Otherwise this Status. */
  readonly status?: JsonObject
  /** False while the object is still there. */
  readonly deleted: boolean
}

/** Thrown out of the transformation that marks an object when there is nothing to mark. */
class NothingToStore extends Error {
  readonly verdict: DeleteVerdict
  readonly current: StoredObject
  constructor(verdict: DeleteVerdict, current: StoredObject) {
    super(verdict)
    this.verdict = verdict
    this.current = current
  }
}

export async function deleteObject(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { kind } = scope
  if (kind.group === '' && kind.resource === 'namespaces')
    return deleteNamespace(dependencies, scope, options)
  return deleteStored(dependencies, scope, options)
}

async function deleteStored(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { kind, name } = scope
  const key = keyOf(kind, scope.namespace, name)
  const admit = (current: JsonObject) => admitDelete(dependencies, scope, options, current)
  const peeked = await dependencies.objects.read(kind, key)
  if (!peeked) throw notFound(groupResourceOf(kind), name)
  let verdict = beforeDelete(kind, cloneJson(peeked.object), options, dependencies.clock.now())
  if (verdict === 'pending') return { ...answer(scope, peeked), deleted: false }
  let marked: StoredObject | undefined
  const { dryRun, preconditions } = options
  if (verdict !== 'now' || hasFinalizers(peeked.object)) {
    try {
      const result = await dependencies.objects.update(
        kind,
        key,
        name,
        { mayCreate: false, dryRun, preconditions },
        async (current) => {
          await admit(current!.object)
          const draft = cloneJson(current!.object)
          verdict = beforeDelete(kind, draft, options, dependencies.clock.now())
          if (verdict === 'now' || verdict === 'pending') throw new NothingToStore(verdict, current!)
          return draft
        },
      )
      marked = result.stored
    } catch (error) {
      if (!(error instanceof NothingToStore)) throw error
      if (error.verdict === 'pending') return { ...answer(scope, error.current), deleted: false }
    }
    if (verdict === 'marked') return { stored: marked!, deleted: false }
    if (dryRun && marked) return { ...answer(scope, marked), deleted: true }
  }
  const expected =
    marked && preconditions?.resourceVersion !== undefined
      ? { ...preconditions, resourceVersion: String(marked.revision) }
      : preconditions
  try {
    const last = await dependencies.objects.delete(
      kind,
      key,
      name,
      { dryRun, preconditions: expected },
      (current) => admit(current.object),
    )
    if (!dryRun) await dependencies.hooksOf(kind)?.afterDelete(last.object)
    return { ...answer(scope, last), deleted: true }
  } catch (error) {
    // between the mark and the removal somebody else, the kubelet say, was faster
    if (marked && isNotFound(error)) return { ...answer(scope, marked), deleted: true }
    throw error
  }
}

const hasFinalizers = (object: JsonObject): boolean =>
  ((object['metadata'] as ObjectMeta).finalizers ?? []).length > 0

async function admitDelete(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: DeleteOptions,
  current: JsonObject,
): Promise<void> {
  const request = admissionRequest(scope, {
    operation: 'DELETE',
    dryRun: options.dryRun,
    oldObject: current,
    options: deleteOptionsObject(options),
  })
  await dependencies.admission.mutate(request)
  await dependencies.admission.validate(request)
}

export function deleteOptionsObject(options: DeleteOptions): JsonObject {
  const { dryRun, ...rest } = options
  return { kind: 'DeleteOptions', apiVersion: 'meta.k8s.io/v1', ...rest, ...(dryRun && { dryRun: ['All'] }) }
}

function answer(scope: Scope, last: StoredObject): { stored: StoredObject } | { status: JsonObject } {
  if (lifecycleOf(scope.kind).returnsDeletedObject) return { stored: last }
  const meta = last.object['metadata'] as ObjectMeta
  return {
    status: successStatus({
      name: meta.name,
      group: scope.kind.group,
      kind: scope.kind.resource,
      uid: meta.uid,
    }),
  }
}

export function successStatus(details: JsonObject): JsonObject {
  const present = Object.fromEntries(
    Object.entries(details).filter(([, value]) => value !== '' && value !== undefined),
  )
  return { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Success', details: present }
}

/** A namespace is marked as terminating; its controller empties it, and then its finalizers let it go. */
async function deleteNamespace(
  dependencies: RegistryDependencies,
  scope: Scope,
  options: DeleteOptions,
): Promise<DeleteResult> {
  const { kind, name } = scope
  const key = keyOf(kind, '', name)
  const current = await dependencies.objects.read(kind, key)
  if (!current) throw notFound(groupResourceOf(kind), name)
  const meta = current.object['metadata'] as ObjectMeta
  checkNamespacePreconditions(scope, meta, options)
  const preconditions = { ...options.preconditions, uid: meta.uid! }
  if (meta.deletionTimestamp) {
    const spec = current.object['spec'] as { finalizers?: string[] } | undefined
    if ((spec?.finalizers ?? []).length > 0) return { stored: current, deleted: false }
    return deleteStored(dependencies, scope, { ...options, preconditions })
  }
  const { dryRun } = options
  const { stored } = await dependencies.objects.update(
    kind,
    key,
    name,
    { mayCreate: false, dryRun, preconditions },
    async (existing) => {
      await admitDelete(dependencies, scope, options, existing!.object)
      return terminating(existing!.object, options, dependencies.clock.now())
    },
  )
  return { stored, deleted: false }
}

function checkNamespacePreconditions(scope: Scope, meta: ObjectMeta, options: DeleteOptions): void {
  const { uid, resourceVersion } = options.preconditions ?? {}
  const refuse = (text: string): Error =>
    conflict(groupResourceOf(scope.kind), scope.name, `Precondition failed: ${text}`)
  if (uid !== undefined && uid !== meta.uid) {
    throw refuse(`UID in precondition: ${uid}, UID in object meta: ${meta.uid}`)
  }
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
    throw refuse(
      `ResourceVersion in precondition: ${resourceVersion}, ResourceVersion in object meta: ${meta.resourceVersion}`,
    )
  }
}

function terminating(namespace: JsonObject, options: DeleteOptions, nowMs: number): JsonObject {
  const draft = cloneJson(namespace)
  const metadata = metadataOf(draft)
  metadata['deletionTimestamp'] ??= formatTime(nowMs)
  draft['status'] = { ...(draft['status'] as JsonObject | undefined), phase: 'Terminating' }
  const finalizers = (metadata['finalizers'] as string[] | undefined) ?? []
  const kept = finalizers.filter((name) => name !== 'orphan' && name !== 'foregroundDeletion')
  const wants = (name: string, policy: string, orphan: boolean): boolean => {
    if (options.orphanDependents !== undefined) return options.orphanDependents === orphan
    return options.propagationPolicy !== undefined
      ? options.propagationPolicy === policy
      : finalizers.includes(name)
  }
  if (wants('orphan', 'Orphan', true)) kept.push('orphan')
  if (wants('foregroundDeletion', 'Foreground', false)) kept.push('foregroundDeletion')
  if (kept.length > 0) metadata['finalizers'] = kept
  else delete metadata['finalizers']
  return draft
}
