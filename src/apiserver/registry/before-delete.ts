// What a deletion does to the object itself: at once, gracefully, or marked and left to its finalizers.
//
// Pure: a draft in, changed in place, a verdict out.
// Upstream: staging/src/k8s.io/apiserver/pkg/registry/rest/delete.go, .../registry/generic/registry/store.go

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ObjectMeta } from '#api/meta/object.ts'
import { conflict } from '#api/meta/status.ts'
import { metadataOf } from '#apiserver/registry/json.ts'
import { lifecycleOf } from '#apiserver/registry/lifecycle.ts'
import type { DeleteOptions } from '#apiserver/registry/options.ts'
import { formatTime } from '#sys/clock.ts'

const ORPHAN = 'orphan'
const FOREGROUND = 'foregroundDeletion'

/**
 * `now`: remove it from the store. `marked`: store the draft, finalizers or a grace period keep the object.
 * `expired`: store the draft (grace period 0), then remove it. `pending`: a deletion is already on its way.
 */
export type DeleteVerdict = 'now' | 'marked' | 'expired' | 'pending'

/** Marks `draft` (a copy of the current state) as `options` ask; `nowMs` is wall time. */
export function beforeDelete(
  kind: KindDefinition,
  draft: JsonObject,
  options: DeleteOptions,
  nowMs: number,
): DeleteVerdict {
  checkPreconditions(kind, draft, options)
  kind.prepareForDelete?.(draft, formatTime(nowMs))
  const metadata = metadataOf(draft)
  if (lifecycleOf(kind).marksOnly && metadata['deletionTimestamp'] === undefined) {
    metadata['deletionTimestamp'] = formatTime(nowMs)
    return 'marked'
  }
  const grace = gracefulDelete(kind, draft, options, nowMs)
  if (grace === 'pending') return 'pending'
  metadata['finalizers'] = deletionFinalizers(kind, draft, options)
  const hasFinalizers = (metadata['finalizers'] as string[]).length > 0
  if (!hasFinalizers) delete metadata['finalizers']
  if (grace === undefined) {
    if (!hasFinalizers) return 'now'
    markAsDeleting(draft, nowMs)
    return 'marked'
  }
  return hasFinalizers || grace > 0 ? 'marked' : 'expired'
}

function checkPreconditions(kind: KindDefinition, draft: JsonObject, options: DeleteOptions): void {
  const meta = draft['metadata'] as ObjectMeta
  const { uid, resourceVersion } = options.preconditions ?? {}
  const resource = { group: kind.group, resource: kind.kind }
  if (uid !== undefined && uid !== meta.uid) {
    const text = `the UID in the precondition (${uid}) does not match the UID in record (${meta.uid}). The object might have been deleted and then recreated`
    throw conflict(resource, meta.name ?? '', text)
  }
  if (resourceVersion !== undefined && resourceVersion !== meta.resourceVersion) {
    const text = `the ResourceVersion in the precondition (${resourceVersion}) does not match the ResourceVersion in record (${meta.resourceVersion}). The object might have been modified`
    throw conflict(resource, meta.name ?? '', text)
  }
}

/** Sets deletion time and grace period where the kind has one; gives the seconds, or undefined where it has none. */
function gracefulDelete(
  kind: KindDefinition,
  draft: JsonObject,
  options: DeleteOptions,
  nowMs: number,
): number | 'pending' | undefined {
  if (!kind.gracePeriodSeconds) return undefined
  const metadata = metadataOf(draft)
  const requested =
    options.gracePeriodSeconds !== undefined && options.gracePeriodSeconds < 0
      ? 1
      : options.gracePeriodSeconds
  const deletionTimestamp = metadata['deletionTimestamp'] as string | undefined
  if (deletionTimestamp !== undefined) {
    const current = metadata['deletionGracePeriodSeconds'] as number | undefined
    if (!current) return undefined
    if (requested === undefined || requested >= current) return 'pending'
    shortenGracePeriod(metadata, Date.parse(deletionTimestamp), current, requested, nowMs)
    return metadata['deletionGracePeriodSeconds'] as number
  }
  const seconds = kind.gracePeriodSeconds(draft, requested)
  metadata['deletionTimestamp'] = formatTime(nowMs + seconds * 1000)
  metadata['deletionGracePeriodSeconds'] = seconds
  bumpGeneration(metadata)
  return seconds
}

/** A grace period can only become shorter, and its end never lies in the past. */
function shortenGracePeriod(
  metadata: JsonObject,
  endMs: number,
  current: number,
  requested: number,
  nowMs: number,
): void {
  const newEndMs = endMs - current * 1000 + requested * 1000
  const isPast = newEndMs < nowMs
  metadata['deletionTimestamp'] = formatTime(isPast ? nowMs : newEndMs)
  metadata['deletionGracePeriodSeconds'] = isPast && requested !== 0 ? 1 : requested
}

function markAsDeleting(draft: JsonObject, nowMs: number): void {
  const metadata = metadataOf(draft)
  const existing = metadata['deletionTimestamp'] as string | undefined
  if (existing === undefined) bumpGeneration(metadata)
  if (existing === undefined || Date.parse(existing) > nowMs)
    metadata['deletionTimestamp'] = formatTime(nowMs)
  metadata['deletionGracePeriodSeconds'] = 0
}

function bumpGeneration(metadata: JsonObject): void {
  const generation = metadata['generation'] as number | undefined
  if (generation !== undefined && generation > 0) metadata['generation'] = generation + 1
}

/** The finalizers after the garbage collector's two have been set as the options, the object or the kind say. */
export function deletionFinalizers(
  kind: KindDefinition,
  object: JsonObject,
  options: DeleteOptions,
): string[] {
  const finalizers = ((object['metadata'] as ObjectMeta).finalizers ?? []) as string[]
  const policy = propagationOf(kind, finalizers, options)
  const kept = finalizers.filter((name) => name !== ORPHAN && name !== FOREGROUND)
  if (policy === 'Background') return kept
  const wanted = policy === 'Orphan' ? ORPHAN : FOREGROUND
  const alreadySet = finalizers.includes(wanted) && kept.length + 1 === finalizers.length
  return alreadySet ? [...finalizers] : [...kept, wanted]
}

function propagationOf(kind: KindDefinition, finalizers: readonly string[], options: DeleteOptions): string {
  const { defaultPropagation } = lifecycleOf(kind)
  if (defaultPropagation === 'unsupported') return 'Background'
  if (options.orphanDependents !== undefined) return options.orphanDependents ? 'Orphan' : 'Background'
  if (options.propagationPolicy !== undefined) return options.propagationPolicy
  const own = finalizers.find((name) => name === ORPHAN || name === FOREGROUND)
  if (own !== undefined) return own === ORPHAN ? 'Orphan' : 'Foreground'
  return defaultPropagation === 'orphan' ? 'Orphan' : 'Background'
}
