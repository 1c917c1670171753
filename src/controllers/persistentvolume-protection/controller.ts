// Keeps a deleted volume until no claim is bound to it any more.
//
// Upstream: pkg/controller/volume/pvprotection

import type { ObjectKey } from '#api/meta/object.ts'
import { persistentVolumes } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, primary } from '#controllers/controller.ts'
import { isProtectionDue, withProtection } from '#controllers/volumes/protection.ts'

const FINALIZER = 'kubernetes.io/pv-protection'

export function volumeProtectionController(context: ControllerContext): Controller {
  const volumes = context.informers.informer(persistentVolumes)

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    const volume = volumes.get(name)
    if (!volume || !isProtectionDue(volume, FINALIZER)) return
    const isLeaving = volume.metadata?.deletionTimestamp !== undefined
    if (isLeaving && volume.status?.phase === 'Bound') return
    await context.client.resource(persistentVolumes).update(withProtection(volume, FINALIZER))
  }

  return controller(context, 'persistentvolume-protection-controller', {
    watches: [
      primary(volumes, ({ type, object }) => type !== 'deleted' && isProtectionDue(object, FINALIZER)),
    ],
    reconcile,
  })
}
