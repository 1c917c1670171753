// The volumes that pods of a node need attached: bound, of a driver that attaches, of pods that have not ended. Pure.
//
// Upstream: pkg/controller/volume/attachdetach/util/util.go. Left out: in-tree volumes of clouds, which are handed to drivers.

import { keyOf } from '#api/meta/object.ts'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { CSIDriver } from '#api/types/storage.ts'
import type { WantedVolume } from '#controllers/attach-detach/plan.ts'
import { isPodTerminal } from '#controllers/pods/pod-state.ts'
import { claimKeysOf } from '#controllers/volumes/pod-claims.ts'

export interface KnownStorage {
  claim(key: string): PersistentVolumeClaim | undefined
  volume(name: string): PersistentVolume | undefined
  driver(name: string): CSIDriver | undefined
}

/** Each volume once, with the pods that need it. */
export function wantedVolumes(pods: readonly Pod[], storage: KnownStorage): readonly WantedVolume[] {
  const users = new Map<PersistentVolume, Pod[]>()
  for (const pod of pods.filter((candidate) => !hasEnded(candidate))) {
    for (const key of claimKeysOf(pod)) {
      const volume = boundVolume(storage.claim(key), storage)
      if (!volume?.spec?.csi || storage.driver(volume.spec.csi.driver)?.spec.attachRequired === false)
        continue
      users.set(volume, [...(users.get(volume) ?? []), pod])
    }
  }
  return [...users].map(([volume, using]) => ({ volume, pods: using }))
}

/** Bound both ways: a volume that only the claim knows of may be promised to somebody else. */
function boundVolume(
  claim: PersistentVolumeClaim | undefined,
  storage: KnownStorage,
): PersistentVolume | undefined {
  const volume = claim && storage.volume(claim.spec?.volumeName ?? '')
  const ref = volume?.spec?.claimRef
  if (!claim || !ref) return undefined
  const isMutual = `${ref.namespace}/${ref.name}` === keyOf(claim) && ref.uid === claim.metadata?.uid
  return isMutual ? volume : undefined
}

/** Terminal, or being deleted with no container running any more. */
function hasEnded(pod: Pod): boolean {
  if (isPodTerminal(pod)) return true
  const isRunning = (pod.status?.containerStatuses ?? []).some(({ state }) => state?.terminated === undefined)
  return pod.metadata?.deletionTimestamp !== undefined && !isRunning
}
