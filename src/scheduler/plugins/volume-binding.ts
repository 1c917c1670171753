// A pod goes where its volumes are, or can be. Upstream: pkg/scheduler/framework/plugins/volumebinding

import { claimNameOf } from '#api/kinds/storage/pod-claims.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { CSIStorageCapacity } from '#api/types/storage.ts'
import { isNodeOfOtherLabels } from '#scheduler/cluster-events.ts'
import { type PreFilterResult, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import { claimsOf, planVolumes, type Storage, volumeLimit } from '#scheduler/volumes.ts'

const NAME = 'VolumeBinding'

interface VolumeState {
  readonly claims: readonly PersistentVolumeClaim[]
  readonly storage: Storage
}

export const volumeBinding: SchedulerPlugin = {
  name: NAME,

  preFilter(pod, { storage }, state): PreFilterResult {
    if (!storage) return undefined
    const found = claimsOf(pod, storage)
    if ('problem' in found) return { reject: unresolvable(found.problem) }
    if (found.claims.length > 0) state.set(NAME, { ...found, storage } satisfies VolumeState)
    return undefined
  },

  filter(_pod, { node }, state) {
    const known = state.get(NAME) as VolumeState | undefined
    if (!known || !node) return undefined
    const plan = planVolumes(known.claims, node, known.storage)
    return 'reason' in plan ? unresolvable(plan.reason) : undefined
  },

  isHelpedBy(pod, event) {
    switch (event.type) {
      case 'claim':
        return (
          event.object.metadata?.namespace === pod.metadata?.namespace &&
          (pod.spec?.volumes ?? []).some((volume) => claimNameOf(pod, volume) === event.object.metadata?.name)
        )
      case 'volume':
        return true
      case 'storage-class':
        return (
          !semanticEqual(event.object.allowedTopologies, event.previous?.allowedTopologies) || !event.previous
        )
      case 'csi-node':
        return event.previous === undefined
      case 'storage-capacity':
        return isMoreRoom(event.object, event.previous)
      default:
        return isNodeOfOtherLabels(event)
    }
  },
}

function isMoreRoom(capacity: CSIStorageCapacity, previous: CSIStorageCapacity | undefined): boolean {
  if (!previous) return true
  const limit = volumeLimit(capacity)
  return limit !== undefined && limit > (volumeLimit(previous) ?? -1)
}
