// Publishes the certificate by which pods trust the API server, as ConfigMap `kube-root-ca.crt` in each namespace.
//
// Upstream: pkg/controller/certificates/rootcacertpublisher/publisher.go

import { type ObjectKey, objectKey } from '#api/meta/object.ts'
import { isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { configMaps, namespaces } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { planRootCA, ROOT_CA_NAME } from '#controllers/root-ca-publisher/plan.ts'

export function rootCAPublisher(context: ControllerContext): Controller {
  const { rootCA = '' } = context.settings
  const namespaceInformer = context.informers.informer(namespaces)
  const mapInformer = context.informers.informer(configMaps, {
    fieldSelector: `metadata.name=${ROOT_CA_NAME}`,
  })
  const resource = context.client.resource(configMaps)

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    if (namespaceInformer.get(name)?.status?.phase !== 'Active') return
    const current = mapInformer.get(objectKey(name, ROOT_CA_NAME))
    const wanted = planRootCA(name, current, rootCA)
    if (!wanted) return
    try {
      await (current ? resource.update(wanted) : resource.create(wanted))
    } catch (error) {
      if (current || !(isNotFound(error) || isNamespaceTerminating(error))) throw error
    }
  }

  return controller(context, 'root-ca-certificate-publisher-controller', {
    watches: [
      primary(namespaceInformer, ({ type }) => type !== 'deleted'),
      mapped(mapInformer, ({ object }) => [object.metadata?.namespace ?? '']),
    ],
    reconcile,
  })
}
