// Tells of claims that want to grow who it is that lets them: the driver of their volume, from outside.
//
// Upstream: pkg/controller/volume/expand. Left out: volumes that a built-in plugin expands; none is left that does.

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { compareQuantities, parseQuantity } from '#api/meta/quantity.ts'
import { persistentVolumeClaims, persistentVolumes } from '#api/resources.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  reads,
} from '#controllers/controller.ts'

const storage = (amounts: Readonly<Record<string, string>> | undefined) =>
  parseQuantity(amounts?.['storage'] ?? '0')

const wantsToGrow = ({ spec, status }: PersistentVolumeClaim): boolean =>
  status?.phase === 'Bound' &&
  compareQuantities(storage(spec?.resources?.requests), storage(status.capacity)) > 0

export function persistentVolumeExpander(context: ControllerContext): Controller {
  const claims = context.informers.informer(persistentVolumeClaims)
  const volumes = context.informers.informer(persistentVolumes)
  const events = context.events('volume_expand')

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const claim = claims.get(key)
    if (!claim || !wantsToGrow(claim)) return
    const volume = volumes.get(claim.spec?.volumeName ?? '')
    if (volume?.spec?.claimRef?.uid !== claim.metadata?.uid) {
      throw new Error(`persistent Volume is not bound to PVC being updated : ${key}`)
    }
    // Drivers are asked; for any other volume nobody is known who could.
    const type = volume?.spec?.csi || volume?.spec?.flexVolume || volume?.spec?.fc ? 'Normal' : 'Warning'
    events.event(claim, type, 'ExternalExpanding', 'waiting for an external controller to expand this PVC')
  }

  /** A claim that grew by its spec; at rest it is not told again. */
  function grownClaim(change: Change<PersistentVolumeClaim>): readonly ObjectKey[] {
    if (change.type === 'deleted' || !wantsToGrow(change.object)) return []
    const isKnown =
      change.type === 'updated' &&
      wantsToGrow(change.previous) &&
      change.object.spec?.resources?.requests?.['storage'] ===
        change.previous.spec?.resources?.requests?.['storage']
    return isKnown ? [] : [keyOf(change.object)]
  }

  return controller(context, 'persistentvolume-expander-controller', {
    watches: [mapped(claims, grownClaim), reads(volumes)],
    reconcile,
  })
}
