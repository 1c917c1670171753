// Which claims a pod uses: those that it names, and those made for it alone (ephemeral volumes). Pure.
//
// Upstream: staging/src/k8s.io/component-helpers/storage/ephemeral, pkg/controller/volume/common

import type { PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'
import type { Informer } from '#client/informer.ts'
import { isControlledBy } from '#controllers/owner-references.ts'

const INDEX = 'controllers/claim'

/** The name of the claim that a volume stands for; undefined when it stands for none. */
export function claimNameOf(pod: Pod, volume: Volume): string | undefined {
  if (volume.ephemeral) return `${pod.metadata?.name}-${volume.name}`
  return volume.persistentVolumeClaim?.claimName
}

/** The keys of all claims that a pod names. */
export function claimKeysOf(pod: Pod): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => {
    const name = claimNameOf(pod, volume)
    return name === undefined ? [] : [`${pod.metadata?.namespace}/${name}`]
  })
}

/** Whether the claim was made for a volume of this very pod. */
export const isMadeFor = (claim: PersistentVolumeClaim, pod: Pod): boolean =>
  claim.metadata?.namespace === pod.metadata?.namespace && isControlledBy(claim, pod)

/** What to say when a claim of the name that an ephemeral volume needs is somebody else's. */
export const notMadeFor = (claim: PersistentVolumeClaim, pod: Pod): string =>
  `PVC ${claim.metadata?.namespace}/${claim.metadata?.name} was not created for pod ` +
  `${pod.metadata?.namespace}/${pod.metadata?.name} (pod is not owner)`

/** Declares the index of pods by claim; to be called before `podsNaming`. */
export function indexByClaim(informer: Informer<Pod>): void {
  informer.addIndex(INDEX, claimKeysOf)
}

/** The pods that name this claim. */
export function podsNaming(informer: Informer<Pod>, claimKey: string): readonly Pod[] {
  return informer.byIndex(INDEX, claimKey)
}
