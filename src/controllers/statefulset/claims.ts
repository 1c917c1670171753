// Whom a claim belongs to, so that it goes with the set or with a pod that is scaled away, or stays. Pure.
//
// The retention policy is carried out by owner references alone: the garbage collector does the rest.
// Upstream: pkg/controller/statefulset/stateful_set_utils.go (isClaimOwnerUpToDate)

import { apiVersionOf, type KubeObject, type OwnerReference } from '#api/meta/object.ts'
import { pods, type ResourceType, statefulSets } from '#api/resources.ts'
import type { StatefulSet } from '#api/types/apps.ts'
import type { PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import { controllerReference } from '#controllers/owner-references.ts'
import { isInRange, ordinalOf } from '#controllers/statefulset/identity.ts'

/** Whether the references name this object, under whatever UID. */
function names(reference: OwnerReference, type: ResourceType, object: KubeObject): boolean {
  return (
    reference.apiVersion === apiVersionOf(type.group, type.version) &&
    reference.kind === type.kind &&
    reference.name === object.metadata?.name
  )
}

/** The claim is about to go with an earlier pod of this name: the pod must wait for a claim of its own. */
export function isClaimStale(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  return deletesWhen(set, 'whenScaled') && hasStaleOwner(claim, pods, pod)
}

/** The claim belongs to an earlier set or pod of the same name, and will go with it. */
function hasStaleOwner(claim: PersistentVolumeClaim, type: ResourceType, owner: KubeObject): boolean {
  const reference = (claim.metadata?.ownerReferences ?? []).find((candidate) => names(candidate, type, owner))
  return reference !== undefined && reference.uid !== owner.metadata?.uid
}

/** Somebody else manages the claim, so the policy does not apply. */
export function hasForeignController(claim: PersistentVolumeClaim, set: StatefulSet, pod: Pod): boolean {
  if (!deletesWhen(set, 'whenDeleted') && !deletesWhen(set, 'whenScaled')) return false
  return (claim.metadata?.ownerReferences ?? []).some((reference) => {
    if (names(reference, statefulSets, set)) return reference.uid !== set.metadata?.uid
    if (names(reference, pods, pod)) return reference.uid !== pod.metadata?.uid
    return reference.controller === true
  })
}

const deletesWhen = (set: StatefulSet, when: 'whenDeleted' | 'whenScaled'): boolean =>
  set.spec?.persistentVolumeClaimRetentionPolicy?.[when] === 'Delete'

/** The references that the claim should have; undefined when they are right, or none of our business. */
export function claimOwners(
  claim: PersistentVolumeClaim,
  set: StatefulSet,
  pod: Pod,
): readonly OwnerReference[] | undefined {
  if (hasStaleOwner(claim, statefulSets, set) || hasStaleOwner(claim, pods, pod)) return undefined
  const current = claim.metadata?.ownerReferences ?? []
  const isOurs = (reference: OwnerReference): boolean =>
    names(reference, statefulSets, set) || names(reference, pods, pod)
  const others = current.filter((reference) => !isOurs(reference))
  const isForeign = hasForeignController(claim, set, pod)
  const wanted = isForeign ? [] : wantedOwners(set, pod)
  const ours = current.filter(isOurs)
  const isRight =
    ours.length === wanted.length &&
    wanted.every(({ uid }) =>
      ours.some((reference) => reference.uid === uid && reference.controller === true),
    )
  return isRight ? undefined : [...others, ...wanted]
}

function wantedOwners(set: StatefulSet, pod: Pod): readonly OwnerReference[] {
  const ordinal = ordinalOf(set.metadata?.name ?? '', pod)
  const isScaledAway = ordinal !== undefined && !isInRange(set, ordinal)
  const bySet = deletesWhen(set, 'whenDeleted') && !(deletesWhen(set, 'whenScaled') && isScaledAway)
  const byPod = deletesWhen(set, 'whenScaled') && isScaledAway
  return [
    ...(byPod ? [controllerReference(pods, pod)] : []),
    ...(bySet ? [controllerReference(statefulSets, set)] : []),
  ]
}
