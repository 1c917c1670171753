// What a pod's claims mean for the choice of a node. Pure.
//
//   bound          the node must be one from which the volume can be reached
//   to be bound    a free volume that can be reached from the node, or a provisioner that makes one there
//
// A driver that says how much room it has (CSIDriver `storageCapacity`) must have enough for the claim on the node.
// Upstream: pkg/scheduler/framework/plugins/volumebinding/binder.go (GetPodVolumeClaims, FindPodVolumes)

import { classOf } from '#api/kinds/storage/claim-class.ts'
import { claimNameOf, isMadeFor, notMadeFor } from '#api/kinds/storage/pod-claims.ts'
import { BIND_COMPLETED, bestVolume, isMarked, SELECTED_NODE } from '#api/kinds/storage/volume-binding.ts'
import { matchesNodeSelector } from '#api/meta/node-selector.ts'
import { toValue } from '#api/meta/quantity.ts'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'
import type {
  CSIDriver,
  CSINode,
  CSIStorageCapacity,
  StorageClass,
  VolumeAttachment,
} from '#api/types/storage.ts'

/** What is known of claims and volumes. */
export interface Storage {
  claim(namespace: string, name: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  volumes(): readonly PersistentVolume[]
  storageClass(name: string): StorageClass | undefined
  /** What the drivers on a node say about themselves. */
  csiNode(name: string): CSINode | undefined
  csiDriver(name: string): CSIDriver | undefined
  capacities(): readonly CSIStorageCapacity[]
  attachmentsTo(node: string): readonly VolumeAttachment[]
  /** A volume that another claim is about to get. */
  isPromised(volume: PersistentVolume, claim: PersistentVolumeClaim): boolean
}

const NO_PROVISIONER = 'kubernetes.io/no-provisioner'

export const isBound = (claim: PersistentVolumeClaim): boolean =>
  !!claim.spec?.volumeName && isMarked(claim, BIND_COMPLETED)

/** The claims of a pod, or why it has to wait for them. */
export function claimsOf(
  pod: Pod,
  storage: Storage,
): { readonly claims: readonly PersistentVolumeClaim[] } | { readonly problem: string } {
  const claims: PersistentVolumeClaim[] = []
  for (const volume of pod.spec?.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (name === undefined) continue
    const claim = storage.claim(pod.metadata?.namespace ?? '', name)
    const problem = claimProblem(pod, volume, name, claim)
    if (problem !== undefined || !claim) return { problem: problem ?? '' }
    claims.push(claim)
  }
  const waitsForBinder = claims.some((claim) => !isBound(claim) && !isDelayed(claim, storage))
  return waitsForBinder ? { problem: 'pod has unbound immediate PersistentVolumeClaims' } : { claims }
}

function claimProblem(
  pod: Pod,
  volume: Volume,
  name: string,
  claim: PersistentVolumeClaim | undefined,
): string | undefined {
  const text = JSON.stringify(name)
  if (!claim) {
    return volume.ephemeral
      ? `waiting for ephemeral volume controller to create the persistentvolumeclaim ${text}`
      : `persistentvolumeclaim ${text} not found`
  }
  if (claim.status?.phase === 'Lost') {
    return `persistentvolumeclaim ${text} bound to non-existent persistentvolume ${JSON.stringify(claim.spec?.volumeName)}`
  }
  if (claim.metadata?.deletionTimestamp !== undefined) {
    return `persistentvolumeclaim ${text} is being deleted`
  }
  return volume.ephemeral && !isMadeFor(claim, pod) ? notMadeFor(claim, pod) : undefined
}

/** Its class leaves it to the scheduler where the volume is to be. */
const isDelayed = (claim: PersistentVolumeClaim, storage: Storage): boolean =>
  !claim.spec?.volumeName &&
  storage.storageClass(classOf(claim))?.volumeBindingMode === 'WaitForFirstConsumer'

export interface VolumePlan {
  readonly bind: readonly { readonly claim: PersistentVolumeClaim; readonly volume: PersistentVolume }[]
  /** Claims for which a volume is to be made on the node. */
  readonly provision: readonly PersistentVolumeClaim[]
}

/** What is to be done for a pod's claims before it can run on a node, or why it cannot. */
export function planVolumes(
  claims: readonly PersistentVolumeClaim[],
  node: Node,
  storage: Storage,
): VolumePlan | { readonly reason: string } {
  const bind: { claim: PersistentVolumeClaim; volume: PersistentVolume }[] = []
  const provision: PersistentVolumeClaim[] = []
  for (const claim of claims) {
    if (isBound(claim)) {
      const volume = storage.volume(claim.spec?.volumeName ?? '')
      if (!volume) {
        return { reason: 'node(s) unavailable due to one or more pvc(s) bound to non-existent pv(s)' }
      }
      if (!isReachable(volume, node))
        return { reason: "node(s) didn't match PersistentVolume's node affinity" }
      continue
    }
    const candidates = storage
      .volumes()
      .filter(
        (volume) =>
          isReachable(volume, node) &&
          !storage.isPromised(volume, claim) &&
          !bind.some((other) => other.volume === volume),
      )
    const selected = claim.metadata?.annotations?.[SELECTED_NODE]
    const volume = selected === undefined ? bestVolume(claim, candidates, false) : undefined
    if (volume) bind.push({ claim, volume })
    else if (canProvision(claim, node, storage)) {
      if (!hasRoomFor(claim, node, storage)) return { reason: 'node(s) did not have enough free storage' }
      provision.push(claim)
    } else return { reason: "node(s) didn't find available persistent volumes to bind" }
  }
  return { bind, provision }
}

function isReachable(volume: PersistentVolume, node: Node): boolean {
  const { required } = volume.spec?.nodeAffinity ?? {}
  return required === undefined || matchesNodeSelector(required, node)
}

function canProvision(claim: PersistentVolumeClaim, node: Node, storage: Storage): boolean {
  const selected = claim.metadata?.annotations?.[SELECTED_NODE]
  const storageClass = storage.storageClass(classOf(claim))
  if (selected !== undefined && selected !== node.metadata?.name) return false
  if (!storageClass || storageClass.provisioner === NO_PROVISIONER) return false
  const topologies = storageClass.allowedTopologies ?? []
  return (
    topologies.length === 0 ||
    topologies.some(({ matchLabelExpressions = [] }) =>
      matchLabelExpressions.every(({ key, values }) => values.includes(node.metadata?.labels?.[key] ?? '')),
    )
  )
}

/** Whether the driver has room for the claim where the node can reach it; drivers that do not tell are believed to. */
function hasRoomFor(claim: PersistentVolumeClaim, node: Node, storage: Storage): boolean {
  const size = claim.spec?.resources?.requests?.['storage']
  const className = classOf(claim)
  const driver = storage.csiDriver(storage.storageClass(className)?.provisioner ?? '')
  if (size === undefined || !driver?.spec.storageCapacity) return true
  return storage.capacities().some((capacity) => {
    const limit = volumeLimit(capacity)
    return (
      capacity.storageClassName === className &&
      limit !== undefined &&
      limit >= toValue(size) &&
      capacity.nodeTopology !== undefined &&
      matchesLabels(selectorOf(capacity.nodeTopology), node.metadata?.labels)
    )
  })
}

/** The largest volume, in bytes, that can be made there. */
export function volumeLimit({ maximumVolumeSize, capacity }: CSIStorageCapacity): number | undefined {
  const limit = maximumVolumeSize ?? capacity
  return limit === undefined ? undefined : toValue(limit)
}
