// A volume that is labelled with a zone or a region can be used only by nodes of that zone or region.
//
// Upstream: pkg/scheduler/framework/plugins/volumezone

import { classOf } from '#api/kinds/storage/claim-class.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import { isNodeOfOtherLabels } from '#scheduler/cluster-events.ts'
import { type PreFilterResult, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import type { Storage } from '#scheduler/volumes.ts'

const NAME = 'VolumeZone'

/** The old names of the labels, and what they are called now. */
const TODAY: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
}
const LABELS = [...Object.keys(TODAY), ...Object.values(TODAY)]

interface Topology {
  readonly key: string
  readonly values: readonly string[]
}

export const volumeZone: SchedulerPlugin = {
  name: NAME,

  preFilter(pod, { storage }, state): PreFilterResult {
    if (!storage) return undefined
    const topologies: Topology[] = []
    for (const { persistentVolumeClaim } of pod.spec?.volumes ?? []) {
      if (!persistentVolumeClaim) continue
      const found = volumeOf(pod, persistentVolumeClaim.claimName, storage)
      if ('problem' in found) return { reject: unresolvable(found.problem) }
      if (found.volume) topologies.push(...topologiesOf(found.volume))
    }
    if (topologies.length > 0) state.set(NAME, topologies)
    return undefined
  },

  filter(_pod, { node }, state) {
    const topologies = (state.get(NAME) ?? []) as readonly Topology[]
    const labels = node?.metadata?.labels ?? {}
    // In a cluster of one zone nodes may have no labels at all.
    if (!LABELS.some((key) => labels[key] !== undefined)) return undefined
    const isInside = topologies.every(({ key, values }) => {
      const value = labels[key] ?? labels[TODAY[key] ?? key]
      return value !== undefined && values.includes(value)
    })
    return isInside ? undefined : unresolvable('node(s) had no available volume zone')
  },

  isHelpedBy(pod, event) {
    switch (event.type) {
      case 'storage-class':
        return event.previous === undefined && event.object.volumeBindingMode === 'WaitForFirstConsumer'
      case 'claim':
        return isClaimOf(pod, event.object)
      case 'volume':
        return !event.previous || !semanticEqual(topologiesOf(event.object), topologiesOf(event.previous))
      default:
        return isNodeOfOtherLabels(event)
    }
  },
}

function volumeOf(
  pod: Pod,
  name: string,
  storage: Storage,
): { readonly volume: PersistentVolume | undefined } | { readonly problem: string } {
  const claim = storage.claim(pod.metadata?.namespace ?? '', name)
  if (!claim) return { problem: `persistentvolumeclaim ${JSON.stringify(name)} not found` }
  const volumeName = claim.spec?.volumeName
  if (volumeName) {
    const volume = storage.volume(volumeName)
    return volume ? { volume } : { problem: `persistentvolume ${JSON.stringify(volumeName)} not found` }
  }
  const className = classOf(claim)
  if (className === '') return { problem: 'PersistentVolumeClaim had no pv name and storageClass name' }
  const storageClass = storage.storageClass(className)
  if (!storageClass) return { problem: `storageclass.storage.k8s.io ${JSON.stringify(className)} not found` }
  return storageClass.volumeBindingMode === 'WaitForFirstConsumer'
    ? { volume: undefined }
    : { problem: 'PersistentVolume had no name' }
}

const isClaimOf = (pod: Pod, { metadata }: PersistentVolumeClaim): boolean =>
  metadata?.namespace === pod.metadata?.namespace &&
  (pod.spec?.volumes ?? []).some(
    ({ persistentVolumeClaim }) => persistentVolumeClaim?.claimName === metadata?.name,
  )

/** A label may name several zones: `a__b`. */
function topologiesOf({ metadata }: PersistentVolume): readonly Topology[] {
  return LABELS.flatMap((key) => {
    const values = metadata?.labels?.[key]?.split('__').map((value) => value.trim()) ?? []
    return values.length === 0 || values.includes('') ? [] : [{ key, values }]
  })
}
