// Keeps a ServiceAccount `default` in every active namespace.
//
// Upstream: pkg/controller/serviceaccount/serviceaccounts_controller.go

import { type ObjectKey, objectKey } from '#api/meta/object.ts'
import { isAlreadyExists, isNamespaceTerminating } from '#api/meta/status.ts'
import { namespaces, serviceAccounts } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'

const NAME = 'default'

export function serviceAccountController(context: ControllerContext): Controller {
  const namespaceInformer = context.informers.informer(namespaces)
  const accountInformer = context.informers.informer(serviceAccounts)

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    const namespace = namespaceInformer.get(name)
    if (namespace?.status?.phase !== 'Active') return
    if (accountInformer.get(objectKey(name, NAME))) return
    try {
      await context.client.resource(serviceAccounts).create({ metadata: { namespace: name, name: NAME } })
    } catch (error) {
      if (!isAlreadyExists(error) && !isNamespaceTerminating(error)) throw error
    }
  }

  return controller(context, 'serviceaccount-controller', {
    watches: [
      primary(namespaceInformer, ({ type }) => type !== 'deleted'),
      mapped(accountInformer, ({ type, object }) =>
        type === 'deleted' && object.metadata?.name === NAME ? [object.metadata.namespace ?? ''] : [],
      ),
    ],
    reconcile,
  })
}
