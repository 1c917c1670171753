// Deletes CertificateSigningRequests that are done with, or that nobody decides.
//
// Upstream: pkg/controller/certificates/cleaner. Upstream looks at all of them once an hour; here each has its time.

import type { ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { certificateSigningRequests } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import { expiresAtMs } from '#controllers/certificate-cleaner/expiry.ts'
import { type Controller, type ControllerContext, controller, primary } from '#controllers/controller.ts'

export function certificateCleanerController(context: ControllerContext): Controller {
  const { client, clock } = context
  const informer = context.informers.informer(certificateSigningRequests)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const request = informer.get(key)
    const endMs = request && expiresAtMs(request)
    if (endMs === undefined) return
    const waitMs = endMs - clock.now()
    if (waitMs > 0) return { afterMs: waitMs }
    try {
      const uid = request?.metadata?.uid ?? ''
      await client.resource(certificateSigningRequests).delete('', key, { preconditions: { uid } })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  return controller(context, 'certificatesigningrequest-cleaner-controller', {
    watches: [primary(informer, ({ type }) => type !== 'deleted')],
    reconcile,
  })
}
