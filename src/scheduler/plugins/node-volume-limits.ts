// A driver can attach only so many volumes to a node: those that pods there use, and those that are attached already.
//
// Upstream: pkg/scheduler/framework/plugins/nodevolumelimits/csi.go
// Left out: the translation of in-tree volumes of clouds to those of their drivers.

import { classOf } from '#api/kinds/storage/claim-class.ts'
import { claimNameOf, isMadeFor, notMadeFor } from '#api/kinds/storage/pod-claims.ts'
import type { PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { CSINode } from '#api/types/storage.ts'
import { type PreFilterResult, rejected, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import type { Storage } from '#scheduler/volumes.ts'

const NAME = 'NodeVolumeLimits'

interface Wanted {
  readonly storage: Storage
  /** The pod's volumes with their drivers. */
  readonly volumes: ReadonlyMap<string, string>
}

export const nodeVolumeLimits: SchedulerPlugin = {
  name: NAME,

  preFilter(pod, { storage }, state): PreFilterResult {
    if (!storage || !usesClaims(pod)) return undefined
    const problem = problemOf(pod, storage)
    if (problem !== undefined) return { reject: unresolvable(problem) }
    state.set(NAME, { storage, volumes: volumesOf(pod, storage) } satisfies Wanted)
    return undefined
  },

  filter(_pod, node, state) {
    const wanted = state.get(NAME) as Wanted | undefined
    if (!wanted || wanted.volumes.size === 0) return undefined
    const limits = limitsOf(wanted.storage.csiNode(node.name))
    if (limits.size === 0) return undefined
    const attached = new Map(attachedVolumes(node.name, wanted.storage))
    for (const pod of node.pods.values()) {
      for (const [volume, driver] of volumesOf(pod, wanted.storage)) attached.set(volume, driver)
    }
    const added = [...wanted.volumes].filter(([volume]) => !attached.has(volume))
    for (const driver of new Set(added.map(([, name]) => name))) {
      const limit = limits.get(driver)
      const count = [...attached.values(), ...added.map(([, name]) => name)].filter((name) => name === driver)
      if (limit !== undefined && count.length > limit) return rejected('node(s) exceed max volume count')
    }
    return undefined
  },

  isHelpedBy(pod, event) {
    switch (event.type) {
      case 'csi-node':
        return event.previous === undefined || isLimitRaised(event.previous, event.object)
      case 'assigned-pod-deleted':
        return usesClaims(event.pod)
      case 'claim':
        return event.previous === undefined && claimNames(pod).includes(nameIn(pod, event.object))
      case 'attachment-deleted':
        return (pod.spec?.volumes ?? []).some(({ persistentVolumeClaim }) => persistentVolumeClaim)
      default:
        return false
    }
  },
}

const claimNames = (pod: Pod): readonly (string | undefined)[] =>
  (pod.spec?.volumes ?? []).map((volume) => claimNameOf(pod, volume)).filter((name) => name !== undefined)

const usesClaims = (pod: Pod): boolean => claimNames(pod).length > 0

const nameIn = (pod: Pod, { metadata }: PersistentVolumeClaim): string | undefined =>
  metadata?.namespace === pod.metadata?.namespace ? metadata?.name : undefined

function problemOf(pod: Pod, storage: Storage): string | undefined {
  const namespace = pod.metadata?.namespace ?? ''
  for (const volume of pod.spec?.volumes ?? []) {
    const name = claimNameOf(pod, volume)
    if (name === undefined) continue
    const claim = storage.claim(namespace, name)
    // Whether a claim that is still to be made comes, is for the plugin that binds it to say.
    if (!claim) continue
    if (volume.ephemeral && !isMadeFor(claim, pod)) return notMadeFor(claim, pod)
  }
  return undefined
}

/** Volumes by a name of their own, with their drivers; what is not of a driver is left out. */
function volumesOf(pod: Pod, storage: Storage): ReadonlyMap<string, string> {
  const found = new Map<string, string>()
  for (const name of claimNames(pod)) {
    const claim = storage.claim(pod.metadata?.namespace ?? '', name ?? '')
    const volume = claim && storage.volume(claim.spec?.volumeName ?? '')
    if (volume) {
      const { csi } = volume.spec ?? {}
      if (csi) found.set(`${csi.driver}/${csi.volumeHandle}`, csi.driver)
      continue
    }
    const driver = claim && storage.storageClass(classOf(claim))?.provisioner
    // Not made yet: it counts under the claim's name.
    if (driver) found.set(`${driver}/claim/${claim.metadata?.namespace}/${claim.metadata?.name}`, driver)
  }
  return found
}

function* attachedVolumes(node: string, storage: Storage): Generator<readonly [string, string]> {
  for (const { spec } of storage.attachmentsTo(node)) {
    const csi = storage.volume(spec.source.persistentVolumeName ?? '')?.spec?.csi
    if (csi) yield [`${spec.attacher}/${csi.volumeHandle}`, spec.attacher]
  }
}

/** How many volumes each driver can attach to the node; drivers without a limit are left out. */
function limitsOf(node: CSINode | undefined): ReadonlyMap<string, number> {
  const limits = new Map<string, number>()
  for (const { name, allocatable } of node?.spec.drivers ?? []) {
    if (allocatable?.count !== undefined) limits.set(name, allocatable.count)
  }
  return limits
}

function isLimitRaised(previous: CSINode, node: CSINode): boolean {
  const before = limitsOf(previous)
  return [...limitsOf(node)].some(([driver, limit]) => limit > (before.get(driver) ?? 0))
}
