// Whether a pod still needs a claim that somebody has deleted. Pure.
//
// Upstream: pkg/controller/volume/pvcprotection (podUsesPVCForDeletion)

import { claimNameOf, isMadeFor } from '#api/kinds/storage/pod-claims.ts'
import type { PersistentVolumeClaim, Pod } from '#api/types/core.ts'

/** Nothing is left of it on its node, or it was deleted by force. */
function isShutDown({ metadata }: Pod): boolean {
  return metadata?.deletionTimestamp !== undefined && metadata.deletionGracePeriodSeconds === 0
}

/**
 * A pod without a node does not count: no kubelet starts a pod whose claim is being deleted. One that was shut
 * down lets go of claims made for it, else each would wait for the other.
 */
export function usesClaim(pod: Pod, claim: PersistentVolumeClaim): boolean {
  if (!pod.spec?.nodeName) return false
  return (pod.spec.volumes ?? []).some((volume) => {
    if (claimNameOf(pod, volume) !== claim.metadata?.name) return false
    return volume.ephemeral ? !isShutDown(pod) && isMadeFor(claim, pod) : true
  })
}
