// Keeps a deleted claim until no pod uses it any more.
//
// Invariant: the finalizer is taken away only after the API server itself has said that no pod uses the claim;
// a cache may not know a new pod yet. Upstream: pkg/controller/volume/pvcprotection.
// Left out: the condition Unused (PersistentVolumeClaimUnusedSinceTime, off by default).

import type { ObjectKey } from '#api/meta/object.ts'
import { persistentVolumeClaims, pods } from '#api/resources.ts'
import type { Pod } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { usesClaim } from '#controllers/persistentvolumeclaim-protection/usage.ts'
import { isPodTerminal } from '#controllers/pods/pod-state.ts'
import { claimKeysOf, indexByClaim, podsNaming } from '#controllers/volumes/pod-claims.ts'
import { isProtectionDue, withProtection } from '#controllers/volumes/protection.ts'

const FINALIZER = 'kubernetes.io/pvc-protection'

export function claimProtectionController(context: ControllerContext): Controller {
  const { client, informers } = context
  const claims = informers.informer(persistentVolumeClaims)
  const podInformer = informers.informer(pods)
  indexByClaim(podInformer)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const claim = claims.get(key)
    if (!claim || !isProtectionDue(claim, FINALIZER)) return
    if (claim.metadata?.deletionTimestamp !== undefined) {
      if (podsNaming(podInformer, key).some((pod) => usesClaim(pod, claim))) return
      const { items } = await client.resource(pods).list({ namespace: claim.metadata.namespace ?? '' })
      if (items.some((pod) => usesClaim(pod, claim))) return
    }
    await client.resource(persistentVolumeClaims).update(withProtection(claim, FINALIZER))
  }

  return controller(context, 'persistentvolumeclaim-protection-controller', {
    watches: [
      primary(claims, ({ type, object }) => type !== 'deleted' && isProtectionDue(object, FINALIZER)),
      mapped(podInformer, (change) => (mayRelease(change) ? claimKeysOf(change.object) : [])),
    ],
    workers: 5,
    reconcile,
  })
}

/** The pod no longer runs, or never did. */
function mayRelease({ type, object }: Change<Pod>): boolean {
  const isLeaving = object.metadata?.deletionTimestamp !== undefined
  return type === 'deleted' || isLeaving || isPodTerminal(object) || !object.spec?.nodeName
}
