// What happens to every object before it is stored, whatever its kind: the rules of create and of update.
//
// Pure: drafts in, drafts changed, errors thrown. The kind's own hooks are called from here, in upstream's order:
// prepare, then validate metadata and kind, then warn.
// Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/{create,update,meta}.go

import type { KindContext, KindDefinition, SubresourceStrategy } from '#api/kinds/kind.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { FieldError } from '#api/meta/field-error.ts'
import { isPathSegmentName, nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { validateObjectMeta, validateObjectMetaUpdate } from '#api/meta/object-meta-validation.ts'
import { invalid } from '#api/meta/status.ts'
import { equalJson, metadataOf } from '#apiserver/registry/json.ts'

/** Removes what only the server sets. */
export function wipeSystemFields(draft: JsonObject): void {
  const metadata = metadataOf(draft)
  for (const name of [
    'creationTimestamp',
    'uid',
    'deletionTimestamp',
    'deletionGracePeriodSeconds',
    'selfLink',
  ]) {
    delete metadata[name]
  }
}

export const hasGeneration = (kind: KindDefinition, object: JsonObject): boolean =>
  kind.hasGeneration ?? object['spec'] !== undefined

/** Prepares and judges a new object; its name, uid and creationTimestamp are already there. */
export function beforeCreate(
  kind: KindDefinition,
  draft: JsonObject,
  context: KindContext,
): readonly string[] {
  const metadata = metadataOf(draft)
  // where nobody counts, what the client says stays
  if (hasGeneration(kind, draft)) metadata['generation'] = 1
  kind.prepareForCreate?.(draft, context)
  const meta = draft['metadata'] as ObjectMeta
  const errors =
    kind.validate?.(draft, context) ??
    validateObjectMeta(meta, kind.namespaced, kind.validateName ?? nameIsDNSSubdomain)
  throwIfInvalid(kind, meta, [...errors])
  // once more without the kind: some look at less than this
  throwIfInvalid(kind, meta, validateObjectMeta(meta, kind.namespaced, isPathSegmentName))
  return kind.warnings?.(draft, context) ?? []
}

/** Prepares and judges a changed object; `old` is frozen. A subresource brings its own strategy. */
export function beforeUpdate(
  kind: KindDefinition,
  strategy: SubresourceStrategy | undefined,
  draft: JsonObject,
  old: JsonObject,
  context: KindContext,
): readonly string[] {
  const metadata = metadataOf(draft)
  const oldMeta = old['metadata'] as ObjectMeta
  copyOrDelete(metadata, 'generation', oldMeta.generation)
  if (strategy) strategy.prepareForUpdate?.(draft, old, context)
  else {
    kind.prepareForUpdate?.(draft, old, context)
    bumpGeneration(kind, draft, old)
  }
  keepSystemFields(metadataOf(draft), oldMeta)
  const meta = draft['metadata'] as ObjectMeta
  const errors = [
    ...validateObjectMeta(meta, kind.namespaced, isPathSegmentName),
    ...validateObjectMetaUpdate(meta, oldMeta),
    ...((strategy
      ? strategy.validateUpdate?.(draft, old, context)
      : kind.validateUpdate?.(draft, old, context)) ?? []),
  ]
  throwIfInvalid(kind, meta, errors)
  if (strategy) return strategy.warningsOnUpdate?.(draft, old, context) ?? []
  return kind.warningsOnUpdate?.(draft, old, context) ?? []
}

/** A kind whose hook has not counted the change itself gets one more generation when its spec differs. */
function bumpGeneration(kind: KindDefinition, draft: JsonObject, old: JsonObject): void {
  const metadata = metadataOf(draft)
  const before = (old['metadata'] as ObjectMeta).generation ?? 0
  if ((metadata['generation'] ?? 0) !== before || !hasGeneration(kind, draft)) return
  if (!semanticEqual(draft['spec'], old['spec'])) metadata['generation'] = before + 1
}

function keepSystemFields(metadata: JsonObject, old: ObjectMeta): void {
  if (!metadata['uid'] && old.uid) metadata['uid'] = old.uid
  if (old.creationTimestamp) metadata['creationTimestamp'] = old.creationTimestamp
  if (old.deletionTimestamp) metadata['deletionTimestamp'] = old.deletionTimestamp
  if (old.deletionGracePeriodSeconds !== undefined && metadata['deletionGracePeriodSeconds'] === undefined) {
    metadata['deletionGracePeriodSeconds'] = old.deletionGracePeriodSeconds
  }
  if (old.selfLink) metadata['selfLink'] = old.selfLink
}

function copyOrDelete(metadata: JsonObject, name: string, value: unknown): void {
  if (value === undefined) delete metadata[name]
  else metadata[name] = value
}

export function throwIfInvalid(kind: KindDefinition, meta: ObjectMeta, errors: readonly FieldError[]): void {
  if (errors.length > 0) throw invalid(kind.storageGroup ?? kind.group, kind.kind, meta.name ?? '', errors)
}

/** Removes owner references that occur twice; gives their uids for a warning. */
export function dedupOwnerReferences(draft: JsonObject): string[] {
  const metadata = metadataOf(draft)
  const references = metadata['ownerReferences']
  if (!Array.isArray(references) || references.length < 2) return []
  const kept: JsonObject[] = []
  const repeated: string[] = []
  for (const reference of references as JsonObject[]) {
    if (kept.some((other) => equalJson(other, reference))) repeated.push(String(reference['uid']))
    else kept.push(reference)
  }
  if (repeated.length > 0) metadata['ownerReferences'] = kept
  return repeated
}
