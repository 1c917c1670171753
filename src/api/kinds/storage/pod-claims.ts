// Which claims a pod uses: those that it names, and those made for it alone (ephemeral volumes). Pure.
//
// Upstream: staging/src/k8s.io/component-helpers/storage/ephemeral

import type { PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'

/** The name of the claim that a volume stands for; undefined when it stands for none. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.ephemeral) return `${pod.metadata?.name}-${volume.name}`
  return volume.persistentVolumeClaim?.claimName
}

/** Whether the claim was made for a volume of this very pod. */
export const isMadeFor = (claim: PersistentVolumeClaim, pod: Pod): boolean =>
  claim.metadata?.namespace === pod.metadata?.namespace &&
  (claim.metadata?.ownerReferences ?? []).some(
    ({ controller, uid }) => controller === true && uid === pod.metadata?.uid,
  )

/** What to say when a claim of the name that an ephemeral volume needs is somebody else's. */
export const notMadeFor = (claim: PersistentVolumeClaim, pod: Pod): string =>
  `PVC ${claim.metadata?.namespace}/${claim.metadata?.name} was not created for pod ` +
  `${pod.metadata?.namespace}/${pod.metadata?.name} (pod is not owner)`
