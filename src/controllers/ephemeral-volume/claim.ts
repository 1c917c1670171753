// The claim behind an ephemeral volume of a pod: made for it, and gone with it. Pure.
//
// Upstream: pkg/controller/volume/ephemeral/controller.go

import { claimNameOf } from '#api/kinds/storage/pod-claims.ts'
import { pods } from '#api/resources.ts'
import type { PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'
import { controllerReference } from '#controllers/owner-references.ts'

export const hasEphemeralVolume = (pod: Pod): boolean =>
  (pod.spec?.volumes ?? []).some((volume) => volume.ephemeral !== undefined)

/** The claim for an ephemeral volume; undefined for another kind of volume. */
export function ephemeralClaim(pod: Pod, volume: Volume): PersistentVolumeClaim | undefined {
  const template = volume.ephemeral?.volumeClaimTemplate
  if (!template) return undefined
  const { annotations, labels } = template.metadata ?? {}
  return {
    apiVersion: 'v1',
    kind: 'PersistentVolumeClaim',
    metadata: {
      name: claimNameOf(pod, volume) ?? '',
      namespace: pod.metadata?.namespace ?? '',
      ...(annotations && { annotations }),
      ...(labels && { labels }),
      ownerReferences: [controllerReference(pods, pod)],
    },
    spec: template.spec,
  }
}
