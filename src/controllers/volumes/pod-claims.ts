// Finding the pods that use a claim without scanning. Pure but for the cache that it reads.
//
// Upstream: pkg/controller/volume/common

import { claimNameOf } from '#api/kinds/storage/pod-claims.ts'
import type { Pod } from '#api/types/core.ts'
import type { Informer } from '#client/informer.ts'

const INDEX = 'controllers/claim'

/** The keys of all claims that a pod names. */
export function claimKeysOf(pod: Pod): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap((volume) => {
    const name = claimNameOf(pod, volume)
    return name === undefined ? [] : [`${pod.metadata?.namespace}/${name}`]
  })
}

/** Declares the index of pods by claim; to be called before `podsNaming`. */
export function indexByClaim(informer: Informer<Pod>): void {
  informer.addIndex(INDEX, claimKeysOf)
}

/** The pods that name this claim. */
export function podsNaming(informer: Informer<Pod>, claimKey: string): readonly Pod[] {
  return informer.byIndex(INDEX, claimKey)
}
