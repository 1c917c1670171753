// Keeps a deleted class of volume attributes until no claim and no volume uses it any more.
//
// Invariant: the finalizer is taken away only after the API server itself has said that nobody uses the class; a cache
// may not know a new claim yet. Upstream: pkg/controller/volume/vacprotection

import type { ObjectKey } from '#api/meta/object.ts'
import { persistentVolumeClaims, persistentVolumes, volumeAttributesClasses } from '#api/resources.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { classesOfClaim, classesOfVolume } from '#controllers/volumeattributesclass-protection/usage.ts'
import { isProtectionDue, withProtection } from '#controllers/volumes/protection.ts'

const FINALIZER = 'kubernetes.io/vac-protection'

export function attributesClassProtectionController(context: ControllerContext): Controller {
  const { client, informers } = context
  const classes = informers.informer(volumeAttributesClasses)
  const claims = informers.informer(persistentVolumeClaims)
  const volumes = informers.informer(persistentVolumes)
  claims.addIndex('volumeAttributesClass', classesOfClaim)
  volumes.addIndex('volumeAttributesClass', classesOfVolume)

  async function isUsed(name: string): Promise<boolean> {
    const known = [claims, volumes].some(
      (informer) => informer.byIndex('volumeAttributesClass', name).length > 0,
    )
    if (known) return true
    const { items: listedVolumes } = await client.resource(persistentVolumes).list()
    if (listedVolumes.some((volume) => classesOfVolume(volume).includes(name))) return true
    const { items: listedClaims } = await client.resource(persistentVolumeClaims).list()
    return listedClaims.some((claim) => classesOfClaim(claim).includes(name))
  }

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    const attributesClass = classes.get(name)
    if (!attributesClass || !isProtectionDue(attributesClass, FINALIZER)) return
    if (attributesClass.metadata?.deletionTimestamp !== undefined && (await isUsed(name))) return
    await client.resource(volumeAttributesClasses).update(withProtection(attributesClass, FINALIZER))
  }

  return controller(context, 'volumeattributesclass-protection-controller', {
    watches: [
      primary(classes, ({ type, object }) => type !== 'deleted' && isProtectionDue(object, FINALIZER)),
      mapped(claims, (change) => releasedBy(change, classesOfClaim)),
      mapped(volumes, (change) => releasedBy(change, classesOfVolume)),
    ],
    reconcile,
  })
}

/** The classes that an object no longer uses. */
function releasedBy<T>(change: Change<T>, classesOf: (object: T) => readonly string[]): readonly string[] {
  if (change.type === 'deleted') return classesOf(change.object)
  if (change.type === 'added') return []
  const now = classesOf(change.object)
  return classesOf(change.previous).filter((name) => !now.includes(name))
}
