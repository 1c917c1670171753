// How a claim and a volume refer to each other, and which volume suits a claim. Pure.
//
//   claim.spec.volumeName ──▶ volume        volume.spec.claimRef ──▶ claim, by UID once it is known
//
// The volume is written first: from then on no other claim can have it. Both sides remember by annotation what the
// controller did, so that only that is ever undone.
// Upstream: pkg/controller/volume/persistentvolume/index.go, staging/src/k8s.io/component-helpers/storage/volume

import { classOf } from '#api/kinds/storage/claim-class.ts'
import { compareQuantities, parseQuantity, type Quantity } from '#api/meta/quantity.ts'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'

export const BOUND_BY_CONTROLLER = 'pv.kubernetes.io/bound-by-controller'
export const BIND_COMPLETED = 'pv.kubernetes.io/bind-completed'
export const PROVISIONED_BY = 'pv.kubernetes.io/provisioned-by'
export const SELECTED_NODE = 'volume.kubernetes.io/selected-node'
export const PROVISIONERS = [
  'volume.beta.kubernetes.io/storage-provisioner',
  'volume.kubernetes.io/storage-provisioner',
] as const

type Annotated = PersistentVolume | PersistentVolumeClaim

export const isMarked = ({ metadata }: Annotated, annotation: string): boolean =>
  metadata?.annotations?.[annotation] !== undefined

/** The volume is for this claim: by UID, or by name where nobody has filled that in yet. */
export function isVolumeFor({ spec }: PersistentVolume, { metadata }: PersistentVolumeClaim): boolean {
  const reference = spec?.claimRef
  if (reference?.name !== metadata?.name || reference?.namespace !== metadata?.namespace) return false
  return !reference?.uid || reference.uid === metadata?.uid
}

const storageOf = (amounts: Readonly<Record<string, string>> | undefined): Quantity =>
  parseQuantity(amounts?.['storage'] ?? '0')

const isLargeEnough = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  compareQuantities(storageOf(volume.spec?.capacity), storageOf(claim.spec?.resources?.requests)) >= 0

export const hasSameMode = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (volume.spec?.volumeMode ?? 'Filesystem') === (claim.spec?.volumeMode ?? 'Filesystem')

const hasSameAttributes = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (volume.spec?.volumeAttributesClassName ?? '') === (claim.spec?.volumeAttributesClassName ?? '')

const allowsAccess = (volume: PersistentVolume, claim: PersistentVolumeClaim): boolean =>
  (claim.spec?.accessModes ?? []).every((mode) => (volume.spec?.accessModes ?? []).includes(mode))

/** Why a volume that a claim asks for by name does not suit it. */
export function mismatch(volume: PersistentVolume, claim: PersistentVolumeClaim): string | undefined {
  if (!isLargeEnough(volume, claim)) return 'requested PV is too small'
  if (classOf(volume) !== classOf(claim)) return 'storageClassName does not match'
  if (!hasSameAttributes(volume, claim)) return 'volumeAttributesClassName does not match'
  if (!hasSameMode(volume, claim)) return 'incompatible volumeMode'
  if (!allowsAccess(volume, claim)) return 'incompatible accessMode'
  return undefined
}

/**
 * One that is meant for the claim already, or else the smallest that suits, with as few access modes beyond the asked
 * ones as possible. `delays`: the scheduler chooses, so only the former.
 */
export function bestVolume(
  claim: PersistentVolumeClaim,
  volumes: readonly PersistentVolume[],
  delays: boolean,
): PersistentVolume | undefined {
  const fitting = volumes.filter(
    (volume) =>
      volume.metadata?.deletionTimestamp === undefined &&
      allowsAccess(volume, claim) &&
      hasSameMode(volume, claim) &&
      hasSameAttributes(volume, claim) &&
      isLargeEnough(volume, claim),
  )
  const meant = fitting.find((volume) => isVolumeFor(volume, claim))
  if (meant || delays) return meant
  const selector = claim.spec?.selector && selectorOf(claim.spec.selector)
  const free = fitting.filter(
    (volume) =>
      !volume.spec?.claimRef &&
      volume.status?.phase === 'Available' &&
      classOf(volume) === classOf(claim) &&
      (!selector || matchesLabels(selector, volume.metadata?.labels)),
  )
  return free.sort(byModesAndSize)[0]
}

function byModesAndSize(a: PersistentVolume, b: PersistentVolume): number {
  const modes = ({ spec }: PersistentVolume): number => spec?.accessModes?.length ?? 0
  if (modes(a) !== modes(b)) return modes(a) - modes(b)
  return compareQuantities(storageOf(a.spec?.capacity), storageOf(b.spec?.capacity))
}

/** The volume as it refers to the claim; the same one when it does already. */
export function volumeBoundTo(volume: PersistentVolume, claim: PersistentVolumeClaim): PersistentVolume {
  const { name = '', namespace = '', uid = '', resourceVersion = '' } = claim.metadata ?? {}
  if (volume.spec?.claimRef?.uid === uid && isVolumeFor(volume, claim)) return volume
  const byController = !isVolumeFor(volume, claim)
  const claimRef = { apiVersion: 'v1', kind: 'PersistentVolumeClaim', name, namespace, uid, resourceVersion }
  const marked = byController ? annotated(volume, { [BOUND_BY_CONTROLLER]: 'yes' }) : volume
  return { ...marked, spec: { ...marked.spec, claimRef } }
}

/** The claim as it refers to the volume; the same one when it does already. */
export function claimBoundTo(claim: PersistentVolumeClaim, volume: PersistentVolume): PersistentVolumeClaim {
  const name = volume.metadata?.name ?? ''
  if (claim.spec?.volumeName === name && isMarked(claim, BIND_COMPLETED)) return claim
  const byController = claim.spec?.volumeName !== name
  const marked = annotated(claim, {
    ...(byController && { [BOUND_BY_CONTROLLER]: 'yes' }),
    [BIND_COMPLETED]: 'yes',
  })
  return { ...marked, spec: { ...marked.spec, volumeName: name } }
}

/** Takes back what the controller did; what somebody else wrote keeps its name and loses the UID. */
export function unboundVolume(volume: PersistentVolume): PersistentVolume {
  const { claimRef, ...spec } = volume.spec ?? {}
  if (!isMarked(volume, BOUND_BY_CONTROLLER)) {
    const { uid: _uid, ...named } = claimRef ?? {}
    return { ...volume, spec: { ...spec, claimRef: named } }
  }
  const { [BOUND_BY_CONTROLLER]: _mark, ...annotations } = volume.metadata?.annotations ?? {}
  return { ...volume, metadata: { ...volume.metadata, annotations }, spec }
}

export function annotated<T extends Annotated>(object: T, more: Readonly<Record<string, string>>): T {
  const annotations = { ...object.metadata?.annotations, ...more }
  return { ...object, metadata: { ...object.metadata, annotations } }
}
