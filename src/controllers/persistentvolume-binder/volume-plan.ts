// What is to happen with a volume: its phase, and what becomes of it when its claim is gone. Pure.
//
// Upstream: pkg/controller/volume/persistentvolume/pv_controller.go (syncVolume, reclaimVolume)

import { hasSameMode, isMarked, PROVISIONED_BY } from '#api/kinds/storage/volume-binding.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'

export type VolumePhase = 'Available' | 'Bound' | 'Released' | 'Failed'

export type VolumePlan =
  | { readonly action: 'phase'; readonly phase: 'Available' | 'Bound' }
  /** The claim is gone, or has another volume and does not want this one back. */
  | { readonly action: 'release' }
  | { readonly action: 'unbind' }
  /** The claim does not know the volume yet. */
  | { readonly action: 'ask-claim' }
  | { readonly action: 'mismatch' }

/** `claim` is the one whose UID the volume names; undefined when no such claim exists. */
export function planVolume(volume: PersistentVolume, claim: PersistentVolumeClaim | undefined): VolumePlan {
  const { claimRef, persistentVolumeReclaimPolicy: policy } = volume.spec ?? {}
  if (!claimRef?.uid) return { action: 'phase', phase: 'Available' }
  if (!claim) return { action: 'release' }
  if (!claim.spec?.volumeName) return { action: hasSameMode(volume, claim) ? 'ask-claim' : 'mismatch' }
  if (claim.spec.volumeName === volume.metadata?.name) return { action: 'phase', phase: 'Bound' }
  // Made for the claim, which has taken another one: nobody else knows of this one.
  return { action: isMarked(volume, PROVISIONED_BY) && policy === 'Delete' ? 'release' : 'unbind' }
}

export interface Failure {
  readonly reason: string
  readonly message: string
}

/**
 * Why a released volume cannot be reclaimed; undefined when it stays as it is, or whoever provisioned it takes it away.
 * Nothing is deleted or emptied from here: that is for the drivers of volumes.
 */
export function reclaimFailure(volume: PersistentVolume): Failure | undefined {
  const { spec, metadata } = volume
  const name = JSON.stringify(metadata?.name)
  switch (spec?.persistentVolumeReclaimPolicy) {
    case 'Retain':
      return undefined
    case 'Recycle':
      return { reason: 'VolumeFailedRecycle', message: 'No recycler plugin found for the volume!' }
    case 'Delete': {
      const provisioner = metadata?.annotations?.[PROVISIONED_BY] ?? ''
      if (spec.csi || (provisioner !== '' && !provisioner.startsWith('kubernetes.io/'))) return undefined
      const { path } = spec.hostPath ?? {}
      // What lies below /tmp of a node is not for this process to delete; elsewhere nobody does.
      const why =
        path === undefined || /^\/tmp\/.+/.test(path)
          ? `error getting deleter volume plugin for volume ${name}: no deletable volume plugin matched`
          : `host_path deleter only supports /tmp/.+ but received provided ${path}`
      return { reason: 'VolumeFailedDelete', message: why }
    }
    default:
      return {
        reason: 'VolumeUnknownReclaimPolicy',
        message: 'Volume has unrecognized PersistentVolumeReclaimPolicy',
      }
  }
}
