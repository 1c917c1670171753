// Keeps a Service's Endpoints object: the form that came before EndpointSlices, still read by some.
//
// Invariant: while the cache does not show what was written last, nothing is written: it would only be a conflict.
// Upstream: pkg/controller/endpoint/endpoints_controller.go

import { keyOf, type ObjectKey, splitKey } from '#api/meta/object.ts'
import { isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { endpoints, pods, services } from '#api/resources.ts'
import type { Endpoints, Service } from '#api/types/core.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { planEndpoints } from '#controllers/endpoints/plan.ts'
import { PENDING_RETRY_MS } from '#controllers/endpointslice/controller.ts'
import { isManaged, podsOfService, servicesOfPod } from '#controllers/endpointslice/service-pods.ts'
import { TriggerTimes } from '#controllers/endpointslice/trigger-times.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'

const LEADER = 'control-plane.alpha.kubernetes.io/leader'

export function endpointsController(context: ControllerContext): Controller {
  const serviceInformer = context.informers.informer(services)
  const podInformer = context.informers.informer(pods)
  const endpointsInformer = context.informers.informer(endpoints)
  const resource = context.client.resource(endpoints)
  const events = context.events('endpoint-controller')
  const triggerTimes = new TriggerTimes()
  const pending = new PendingWrites<Endpoints>(endpointsInformer, context.clock)
  /** Keys that came while a write was on its way; changes by others bring none. */
  const waiting = new Set<ObjectKey>()

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const service = serviceInformer.get(key)
    const current = endpointsInformer.get(key)
    if (!service) {
      triggerTimes.forget(key)
      pending.forget(key)
      waiting.delete(key)
      return remove(key, current)
    }
    if (!isManaged(service)) return
    if (!pending.isSettled(key)) {
      waiting.add(key)
      return { afterMs: PENDING_RETRY_MS }
    }
    waiting.delete(key)
    const behind = podsOfService(service, podInformer)
    const wanted = planEndpoints(service, behind, current, triggerTimes.next(key, service, behind))
    if (wanted) await write(service, wanted, current === undefined)
  }

  async function write(service: Service, wanted: Endpoints, isNew: boolean): Promise<void> {
    const { namespace, name } = service.metadata ?? {}
    try {
      const written = await (isNew ? resource.create(wanted) : resource.update(wanted))
      pending.updated(keyOf(written), written)
    } catch (error) {
      if (isNew && isNamespaceTerminating(error)) return
      const subject = { apiVersion: 'v1', kind: 'Endpoints', ...wanted }
      const [reason, what] = isNew
        ? ['FailedToCreateEndpoint', `Failed to create endpoint for service ${namespace}/${name}`]
        : ['FailedToUpdateEndpoint', `Failed to update endpoint ${namespace}/${name}`]
      events.event(subject, 'Warning', reason, `${what}: ${messageOf(error)}`)
      throw error
    }
  }

  async function remove(key: ObjectKey, current: Endpoints | undefined): Promise<undefined> {
    if (!current) return
    const { namespace, name } = splitKey(key)
    try {
      await resource.delete(namespace, name)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  return controller(context, 'endpoints-controller', {
    watches: [
      primary(serviceInformer),
      mapped(podInformer, (change) => servicesOfPod(change, serviceInformer)),
      primary(endpointsInformer, ({ type, object }) => type === 'deleted' || waiting.has(keyOf(object))),
    ],
    workers: 5,
    /** Endpoints whose Service went away while nobody watched. */
    start(queue) {
      for (const object of endpointsInformer.list()) {
        if (object.metadata?.annotations?.[LEADER] === undefined && !serviceInformer.get(keyOf(object)))
          queue.add(keyOf(object))
      }
    },
    reconcile,
  })
}
