// A write to a subresource changes less than it carries: this puts the rest back.
//
// Upstream: ResetObjectMetaForStatus in staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/meta.go

import type { ObjectMeta } from '#api/meta/object.ts'
import type { Draft } from '#api/types/wire.ts'

interface WithMetadata {
  metadata?: Draft<ObjectMeta>
}

/** Metadata that is the object's own affair: finalizers, owners, labels and the like stay as they were. */
export function keepMetadata(draft: WithMetadata, old: WithMetadata): void {
  draft.metadata ??= {}
  const { metadata } = draft
  const before = old.metadata ?? {}
  for (const name of KEPT) {
    if (before[name] === undefined) delete metadata[name]
    else Object.assign(metadata, { [name]: before[name] })
  }
}

const KEPT = [
  'deletionTimestamp',
  'generation',
  'selfLink',
  'labels',
  'annotations',
  'finalizers',
  'ownerReferences',
] as const

/** `draft[name]` as it was in `old`. */
export function keepField<T extends object>(draft: T, old: T, name: keyof T): void {
  if (old[name] === undefined) delete draft[name]
  else draft[name] = old[name]
}
