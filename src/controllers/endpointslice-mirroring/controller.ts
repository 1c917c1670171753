// Mirrors Endpoints objects that people write themselves into EndpointSlices, which is what proxies read.
//
// Only for Services without selector; those with one have slices of their own.
// Upstream: pkg/controller/endpointslicemirroring

import type { ObjectKey } from '#api/meta/object.ts'
import { isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { endpointSlices, endpoints, services } from '#api/resources.ts'
import type { Endpoints, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import {
  failed,
  PENDING_RETRY_MS,
  serviceOfSlice,
  servicesOfSlice,
} from '#controllers/endpointslice/controller.ts'
import {
  isMirrored,
  MANAGER,
  type MirrorPlan,
  planMirror,
} from '#controllers/endpointslice-mirroring/plan.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'

const INDEX = 'endpointslice-mirroring/service'
const MAX_ADDRESSES = 1000

export function endpointSliceMirroringController(context: ControllerContext): Controller {
  const { client, clock } = context
  const endpointsInformer = context.informers.informer(endpoints)
  const serviceInformer = context.informers.informer(services)
  const sliceInformer = context.informers.informer(endpointSlices)
  sliceInformer.addIndex(INDEX, (slice) => serviceOfSlice(slice, MANAGER))
  const resource = client.resource(endpointSlices)
  const events = context.events('endpoint-slice-mirroring-controller')
  const pending = new PendingWrites<EndpointSlice>(sliceInformer, clock)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    if (!pending.isSettled(key)) return { afterMs: PENDING_RETRY_MS }
    const object = endpointsInformer.get(key)
    const service = serviceInformer.get(key)
    const slices = sliceInformer.byIndex(INDEX, key)
    if (!isMirrored(object) || !service || service.spec?.selector !== undefined) {
      for (const slice of slices) await remove(key, slice)
      return
    }
    const plan = planMirror(object, slices)
    report(object, plan)
    await write(key, object, plan)
  }

  function report(object: Endpoints, plan: MirrorPlan): void {
    if (plan.invalidAddresses > 0) {
      const message = `Skipped ${plan.invalidAddresses} invalid IP addresses when mirroring to EndpointSlices`
      events.event(object, 'Warning', 'InvalidIPAddress', message)
    }
    if (plan.skippedAddresses > plan.invalidAddresses) {
      const message =
        `A max of ${MAX_ADDRESSES} addresses can be mirrored to EndpointSlices per Endpoints subset. ` +
        `${plan.skippedAddresses} addresses were skipped`
      events.event(object, 'Warning', 'TooManyAddressesToMirror', message)
    }
  }

  async function write(key: ObjectKey, object: Endpoints, plan: MirrorPlan): Promise<void> {
    const isLeaving = object.metadata?.deletionTimestamp !== undefined
    for (const slice of isLeaving ? [] : plan.create) {
      try {
        pending.created(key, await resource.create(slice))
      } catch (error) {
        if (isNamespaceTerminating(error)) return
        throw failed(`failed to create EndpointSlice for Endpoints ${key}`, error)
      }
    }
    for (const slice of plan.update) {
      try {
        pending.updated(key, await resource.update(slice))
      } catch (error) {
        throw failed(`failed to update ${slice.metadata?.name} EndpointSlice for Endpoints ${key}`, error)
      }
    }
    for (const slice of plan.remove) await remove(key, slice)
  }

  async function remove(key: ObjectKey, slice: EndpointSlice): Promise<void> {
    pending.deleting(key, slice)
    try {
      await resource.delete(slice.metadata?.namespace ?? '', slice.metadata?.name ?? '')
    } catch (error) {
      pending.failed(key, slice)
      if (!isNotFound(error))
        throw failed(`failed to delete ${slice.metadata?.name} EndpointSlice for Endpoints ${key}`, error)
    }
  }

  const hasOwnEndpoints = (change: Change<Service>): boolean =>
    change.object.spec?.selector === undefined ||
    (change.type === 'updated' && change.previous.spec?.selector === undefined)

  return controller(context, 'endpointslice-mirroring-controller', {
    watches: [
      primary(endpointsInformer, (change) =>
        [change.object, ...(change.type === 'updated' ? [change.previous] : [])].some(isMirrored),
      ),
      primary(serviceInformer, hasOwnEndpoints),
      mapped(sliceInformer, (change) => servicesOfSlice(change, MANAGER)),
    ],
    workers: 5,
    reconcile,
  })
}
