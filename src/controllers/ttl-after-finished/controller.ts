// Deletes Jobs, with their pods, some time after they have finished.
//
// Invariant: the Job is read once more from the API server before it is deleted, as its time to live may have
// been prolonged. Upstream: pkg/controller/ttlafterfinished. Left out: the metrics.

import type { ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { jobs } from '#api/resources.ts'
import type { Job } from '#api/types/batch.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, primary } from '#controllers/controller.ts'
import { expiresInMs, isExpiring } from '#controllers/ttl-after-finished/expiry.ts'

export function ttlAfterFinishedController(context: ControllerContext): Controller {
  const { client, clock } = context
  const informer = context.informers.informer(jobs)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const cached = informer.get(key)
    const afterMs = cached && expiresInMs(cached, clock.now())
    if (afterMs === undefined) return
    if (afterMs > 0) return { afterMs }
    const fresh = await live(cached as Job)
    const freshMs = fresh && expiresInMs(fresh, clock.now())
    if (freshMs === undefined) return
    if (freshMs > 0) return { afterMs: freshMs }
    const { namespace = '', name = '', uid = '' } = fresh?.metadata ?? {}
    await client
      .resource(jobs)
      .delete(namespace, name, { propagationPolicy: 'Foreground', preconditions: { uid } })
  }

  async function live({ metadata }: Job): Promise<Job | undefined> {
    try {
      return await client.resource(jobs).get(metadata?.namespace ?? '', metadata?.name ?? '')
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  return controller(context, 'ttl-after-finished-controller', {
    watches: [primary(informer, ({ type, object }) => type !== 'deleted' && isExpiring(object))],
    workers: 5,
    reconcile,
  })
}
