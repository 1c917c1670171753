// Creates the claims of ephemeral volumes. The garbage collector takes them away with their pod.
//
// Invariant: a claim of the right name that was made for another pod is never used.
// Upstream: pkg/controller/volume/ephemeral. Left out: the metrics.

import { isMadeFor, notMadeFor } from '#api/kinds/storage/pod-claims.ts'
import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { persistentVolumeClaims, pods } from '#api/resources.ts'
import type { Pod, Volume } from '#api/types/core.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { ephemeralClaim, hasEphemeralVolume } from '#controllers/ephemeral-volume/claim.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'
import { indexByClaim, podsNaming } from '#controllers/volumes/pod-claims.ts'

export function ephemeralVolumeController(context: ControllerContext): Controller {
  const { client, informers } = context
  const podInformer = informers.informer(pods)
  const claims = informers.informer(persistentVolumeClaims)
  const events = context.events('ephemeral_volume')
  indexByClaim(podInformer)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const pod = podInformer.get(key)
    if (!pod || pod.metadata?.deletionTimestamp !== undefined) return
    for (const volume of pod.spec?.volumes ?? []) {
      try {
        await provide(pod, volume)
      } catch (error) {
        const text = `ephemeral volume ${volume.name}: ${messageOf(error)}`
        events.event(pod, 'Warning', 'FailedBinding', text)
        throw new Error(`pod ${key}, ${text}`, { cause: error })
      }
    }
  }

  async function provide(pod: Pod, volume: Volume): Promise<void> {
    const claim = ephemeralClaim(pod, volume)
    if (!claim) return
    const existing = claims.get(keyOf(claim))
    if (existing) {
      if (!isMadeFor(existing, pod)) throw new Error(notMadeFor(existing, pod))
      return
    }
    try {
      await client.resource(persistentVolumeClaims).create(claim)
    } catch (error) {
      throw new Error(`create PVC ${claim.metadata?.name}: ${messageOf(error)}`, { cause: error })
    }
  }

  return controller(context, 'ephemeral-volume-controller', {
    watches: [
      primary(podInformer, ({ type, object }) => type === 'added' && hasEphemeralVolume(object)),
      mapped(claims, ({ type, object }) =>
        type === 'deleted'
          ? podsNaming(podInformer, keyOf(object)).filter(hasEphemeralVolume).map(keyOf)
          : [],
      ),
    ],
    workers: 5,
    reconcile,
  })
}
