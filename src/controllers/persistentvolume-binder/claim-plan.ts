// What is to happen with a claim: to be bound, to wait, or to be lost. Pure.
//
// Upstream: pkg/controller/volume/persistentvolume/pv_controller.go (syncUnboundClaim, syncBoundClaim)

import { classOf } from '#api/kinds/storage/claim-class.ts'
import {
  BIND_COMPLETED,
  BOUND_BY_CONTROLLER,
  bestVolume,
  isMarked,
  isVolumeFor,
  mismatch,
  SELECTED_NODE,
} from '#api/kinds/storage/volume-binding.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { compareQuantities, parseQuantity } from '#api/meta/quantity.ts'
import type { PersistentVolume, PersistentVolumeClaim, PersistentVolumeClaimStatus } from '#api/types/core.ts'
import type { StorageClass } from '#api/types/storage.ts'

export interface Notice {
  readonly type: 'Normal' | 'Warning'
  readonly reason: string
  readonly message: string
}

export type ClaimPlan =
  | { readonly action: 'bind'; readonly volume: PersistentVolume }
  | {
      readonly action: 'wait'
      readonly notice?: Notice
      /** An external provisioner that is to be asked for a volume. */
      readonly provisioner?: string
    }
  | { readonly action: 'lose'; readonly notice: Notice }

export interface ClaimInput {
  readonly claim: PersistentVolumeClaim
  /** The one that the claim names. */
  readonly named: PersistentVolume | undefined
  readonly volumes: readonly PersistentVolume[]
  /** The claim's class; undefined when it names none, or one that does not exist. */
  readonly storageClass: StorageClass | undefined
  /** Names of pods that use the claim and have no node. */
  readonly waitingPods: readonly string[]
}

export function planClaim(input: ClaimInput): ClaimPlan {
  if (isMarked(input.claim, BIND_COMPLETED)) return planBound(input)
  return input.claim.spec?.volumeName ? planNamed(input) : planUnbound(input)
}

function planUnbound({ claim, volumes, storageClass, waitingPods }: ClaimInput): ClaimPlan {
  const isPlaced = isMarked(claim, SELECTED_NODE)
  const delays = storageClass?.volumeBindingMode === 'WaitForFirstConsumer' && !isPlaced
  const volume = bestVolume(claim, volumes, delays)
  if (volume) return { action: 'bind', volume }
  if (delays) return { action: 'wait', notice: consumerNotice(waitingPods) }
  const className = classOf(claim)
  if (className !== '') return planProvisioning(className, storageClass)
  const message = 'no persistent volumes available for this claim and no storage class is set'
  return { action: 'wait', notice: { type: 'Normal', reason: 'FailedBinding', message } }
}

function consumerNotice(waitingPods: readonly string[]): Notice {
  if (waitingPods.length === 0) {
    const message = 'waiting for first consumer to be created before binding'
    return { type: 'Normal', reason: 'WaitForFirstConsumer', message }
  }
  const pods = waitingPods.length > 1 ? `pods ${waitingPods.join(',')}` : `pod ${waitingPods[0]}`
  return { type: 'Normal', reason: 'WaitForPodScheduled', message: `waiting for ${pods} to be scheduled` }
}

/** No provisioner is built in: those of Kubernetes' own name are gone, all others are asked by annotation. */
function planProvisioning(className: string, storageClass: StorageClass | undefined): ClaimPlan {
  const failed = (message: string): ClaimPlan => ({
    action: 'wait',
    notice: { type: 'Warning', reason: 'ProvisioningFailed', message },
  })
  if (!storageClass) return failed(`storageclass.storage.k8s.io ${JSON.stringify(className)} not found`)
  const { provisioner } = storageClass
  if (provisioner.startsWith('kubernetes.io/')) return failed(`no volume plugin matched name: ${provisioner}`)
  const message =
    `Waiting for a volume to be created either by the external provisioner '${provisioner}' or manually by the ` +
    'system administrator. If volume creation is delayed, please verify that the provisioner is running and ' +
    'correctly registered.'
  return { action: 'wait', provisioner, notice: { type: 'Normal', reason: 'ExternalProvisioning', message } }
}

function planNamed({ claim, named }: ClaimInput): ClaimPlan {
  if (!named) return { action: 'wait' }
  const name = JSON.stringify(named.metadata?.name)
  if (isVolumeFor(named, claim)) return { action: 'bind', volume: named }
  if (!named.spec?.claimRef) {
    const problem = mismatch(named, claim)
    if (problem === undefined) return { action: 'bind', volume: named }
    const message = `Cannot bind to requested volume ${name}: ${problem}`
    return { action: 'wait', notice: { type: 'Warning', reason: 'VolumeMismatch', message } }
  }
  if (isMarked(claim, BOUND_BY_CONTROLLER)) {
    throw new Error(`invalid binding of claim to volume ${name}: volume is bound to another claim`)
  }
  const message = `volume ${name} already bound to a different claim.`
  return { action: 'wait', notice: { type: 'Warning', reason: 'FailedBinding', message } }
}

function planBound({ claim, named }: ClaimInput): ClaimPlan {
  const lost = (reason: string, message: string): ClaimPlan => ({
    action: 'lose',
    notice: { type: 'Warning', reason, message },
  })
  if (!claim.spec?.volumeName) {
    return lost(
      'ClaimLost',
      'Bound claim has lost reference to PersistentVolume. Data on the volume is lost!',
    )
  }
  if (!named) {
    return lost('ClaimLost', 'Bound claim has lost its PersistentVolume. Data on the volume is lost!')
  }
  const { claimRef } = named.spec ?? {}
  if (!claimRef || claimRef.uid === claim.metadata?.uid) return { action: 'bind', volume: named }
  return lost('ClaimMisbound', 'Two claims are bound to the same volume, this one is bound incorrectly')
}

/** The status in a phase; with a volume, what that one has. The same object when nothing changes. */
export function claimStatus(
  { status = {} }: PersistentVolumeClaim,
  phase: 'Pending' | 'Lost' | 'Bound',
  volume: PersistentVolume | undefined,
): PersistentVolumeClaimStatus {
  const { accessModes: _modes, capacity, ...rest } = status
  if (!volume) {
    const next = { ...rest, phase }
    return semanticEqual(status, next) ? status : next
  }
  const { accessModes = [], capacity: given = {}, volumeAttributesClassName } = volume.spec ?? {}
  // Once bound, the size of what is on the volume may differ from that of the volume.
  const isKept = status.phase === phase && capacity !== undefined
  const isSame = capacity?.['storage'] !== undefined && isSameAmount(capacity['storage'], given['storage'])
  const next = {
    ...rest,
    phase,
    accessModes,
    capacity: isKept || isSame ? capacity : given,
    ...(status.phase !== phase &&
      volumeAttributesClassName && { currentVolumeAttributesClassName: volumeAttributesClassName }),
  }
  return semanticEqual(status, next) ? status : next
}

const isSameAmount = (a: string, b = '0'): boolean =>
  compareQuantities(parseQuantity(a), parseQuantity(b)) === 0
