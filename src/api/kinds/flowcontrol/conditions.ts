// Conditions of flow schemas and priority levels: one of a type.
//
// Upstream: ValidateFlowSchemaStatus in pkg/apis/flowcontrol/validation/validation.go

import { keepField } from '#api/kinds/status-metadata.ts'
import { duplicate, Path, required } from '#api/meta/field-error.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Draft } from '#api/types/wire.ts'

const CONDITIONS = new Path('status.conditions')

interface WithConditions {
  readonly status?: { readonly conditions?: readonly { readonly type?: string }[] }
}

export function* validateConditions({ status }: WithConditions): FieldErrors {
  const types = new Set<string>()
  for (const [i, { type = '' }] of (status?.conditions ?? []).entries()) {
    const path = CONDITIONS.index(i).child('type')
    if (types.has(type)) yield duplicate(path, type)
    types.add(type)
    if (type === '') yield required(path)
  }
}

/** A write to the status changes nothing of the rest but who manages what. */
export function keepAllButStatus<T extends { metadata?: Draft<ObjectMeta>; spec?: unknown }>(
  draft: T,
  old: T,
): void {
  const managedFields = draft.metadata?.managedFields
  draft.metadata = { ...old.metadata }
  if (managedFields) draft.metadata.managedFields = managedFields
  else delete (draft.metadata as { managedFields?: unknown }).managedFields
  keepField(draft, old, 'spec')
}
