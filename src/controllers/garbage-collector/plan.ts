// What to do with an object, given what the server says of its owners. Pure.
//
// Upstream: pkg/controller/garbagecollector/garbagecollector.go (attemptToDeleteItem)

import type { KubeObject, OwnerReference } from '#api/meta/object.ts'
import { FOREGROUND, ORPHAN } from '#controllers/garbage-collector/graph.ts'

/** `solid` exists and stays, `waiting` is being deleted and waits for its dependents, `dangling` is gone. */
export type OwnerState = 'solid' | 'waiting' | 'dangling'

export type Verdict =
  | { readonly action: 'keep' }
  /** It has an owner that stays: only the references to the others go. */
  | { readonly action: 'drop-references'; readonly uids: readonly string[] }
  | {
      readonly action: 'delete'
      readonly policy: 'Orphan' | 'Foreground' | 'Background'
      /** A ring of objects that wait for one another: this one must stop blocking first. */
      readonly unblockOwners: boolean
    }

/** `dependents` are the object's own: they decide how it is deleted. */
export function judge(
  object: KubeObject,
  owners: readonly (readonly [OwnerReference, OwnerState])[],
  dependents: readonly { readonly isDeletingDependents: boolean }[],
): Verdict {
  if (owners.length === 0) return { action: 'keep' }
  const gone = owners.filter(([, state]) => state !== 'solid')
  if (gone.length < owners.length) {
    return gone.length === 0
      ? { action: 'keep' }
      : { action: 'drop-references', uids: gone.map(([{ uid }]) => uid) }
  }
  const isAwaited = owners.some(([, state]) => state === 'waiting')
  if (isAwaited && dependents.length > 0) {
    const unblockOwners = dependents.some(({ isDeletingDependents }) => isDeletingDependents)
    return { action: 'delete', policy: 'Foreground', unblockOwners }
  }
  const finalizers = object.metadata?.finalizers ?? []
  const policy = finalizers.includes(ORPHAN)
    ? 'Orphan'
    : finalizers.includes(FOREGROUND)
      ? 'Foreground'
      : 'Background'
  return { action: 'delete', policy, unblockOwners: false }
}
