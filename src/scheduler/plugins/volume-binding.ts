// A pod goes where its volumes are, or can be. Upstream: pkg/scheduler/framework/plugins/volumebinding

import type { PersistentVolumeClaim } from '#api/types/core.ts'
import { type PreFilterResult, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import { claimsOf, planVolumes, type Storage } from '#scheduler/volumes.ts'

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

  isHelpedBy: (_pod, event) =>
    event.type === 'storage-changed' || event.type === 'node-added' || event.type === 'node-updated',
}
