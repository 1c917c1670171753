// Deletes bootstrap tokens when their time is over.
//
// Upstream: pkg/controller/bootstrap/tokencleaner.go

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { isConflict, isNotFound } from '#api/meta/status.ts'
import { secrets } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import { expirationMs, isBootstrapToken } from '#controllers/bootstrap-tokens/token-secret.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'

/** Timers do not reach further than 24 days; looking once a day is as good. */
const LONGEST_WAIT_MS = 86_400_000

export function tokenCleaner(context: ControllerContext): Controller {
  const { client, clock } = context
  const informer = context.informers.informer(secrets)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const secret = informer.get(key)
    const endMs = secret && expirationMs(secret)
    if (endMs === undefined) return
    const waitMs = endMs - clock.now()
    if (waitMs > 0) return { afterMs: Math.min(waitMs, LONGEST_WAIT_MS) }
    const { namespace = '', name = '', uid = '' } = secret?.metadata ?? {}
    try {
      await client.resource(secrets).delete(namespace, name, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw error
    }
  }

  return controller(context, 'token-cleaner-controller', {
    watches: [
      mapped(informer, ({ type, object }) =>
        type !== 'deleted' && isBootstrapToken(object) ? [keyOf(object)] : [],
      ),
    ],
    reconcile,
  })
}
