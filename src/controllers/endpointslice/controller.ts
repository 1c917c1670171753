// Keeps a Service's EndpointSlices: the addresses behind it, and which of them may get traffic.
//
//   Service, Pods, Nodes ─▶ plan slices ─▶ create, update, delete ─▶ (proxies, DNS)
//
// Invariant: nothing is planned from a cache that does not show our own last writes, since that would make
// every endpoint twice. Upstream: pkg/controller/endpointslice

import { keyOf, type ObjectKey, objectKey } from '#api/meta/object.ts'
import { isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { endpointSlices, nodes, pods, services } from '#api/resources.ts'
import type { Node, Service } from '#api/types/core.ts'
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
  MANAGED_BY,
  MANAGER,
  planSlices,
  SERVICE_NAME,
  type SlicePlan,
} from '#controllers/endpointslice/plan.ts'
import { isManaged, podsOfService, servicesOfPod } from '#controllers/endpointslice/service-pods.ts'
import { TriggerTimes, withTriggerTime } from '#controllers/endpointslice/trigger-times.ts'
import { wantsZoneHints, zoneShares } from '#controllers/endpointslice/zone-hints.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'

const SERVICE_INDEX = 'endpointslice/service'

/** `namespace/service` of a slice that `manager` manages. */
export function serviceOfSlice(slice: EndpointSlice, manager: string): readonly ObjectKey[] {
  const labels = slice.metadata?.labels
  const name = labels?.[SERVICE_NAME]
  return labels?.[MANAGED_BY] === manager && name ? [objectKey(slice.metadata?.namespace, name)] : []
}

export function endpointSliceController(context: ControllerContext): Controller {
  const { client, clock } = context
  const serviceInformer = context.informers.informer(services)
  const podInformer = context.informers.informer(pods)
  const nodeInformer = context.informers.informer(nodes)
  const sliceInformer = context.informers.informer(endpointSlices)
  sliceInformer.addIndex(SERVICE_INDEX, (slice) => serviceOfSlice(slice, MANAGER))
  const resource = client.resource(endpointSlices)
  const events = context.events('endpoint-slice-controller')
  const pending = new PendingWrites<EndpointSlice>(sliceInformer, clock)
  const triggerTimes = new TriggerTimes()
  /** Services whose zones serve themselves. */
  const zoned = new Set<ObjectKey>()
  const shares = () => zoneShares(nodeInformer.list())

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const service = serviceInformer.get(key)
    if (!service) {
      pending.forget(key)
      triggerTimes.forget(key)
      zoned.delete(key)
      return
    }
    if (!isManaged(service)) return
    // The slice that is on its way brings the key back.
    if (!pending.isSettled(key)) return { afterMs: PENDING_RETRY_MS }
    const behind = podsOfService(service, podInformer)
    const slices = sliceInformer
      .byIndex(SERVICE_INDEX, key)
      .filter((slice) => slice.metadata?.deletionTimestamp === undefined)
    const plan = planSlices(service, behind, slices, (name) => nodeInformer.get(name), shares())
    zoneNews(key, service, plan.zones)
    const trigger = triggerTimes.next(key, service, behind)
    try {
      await write(key, service, plan, trigger)
      if (plan.problems.length > 0) throw new Error(plan.problems.join(', '))
    } catch (error) {
      const { namespace, name } = service.metadata ?? {}
      const message = `Error updating Endpoint Slices for Service ${namespace}/${name}: ${messageOf(error)}`
      events.event(service, 'Warning', 'FailedToUpdateEndpointSlices', message)
      throw error
    }
  }

  /** Tells when zones begin to serve themselves, and why they do not. */
  function zoneNews(key: ObjectKey, service: Service, verdicts: SlicePlan['zones']): void {
    const wasZoned = zoned.delete(key)
    const tell = (type: 'Normal' | 'Warning', word: string, message: string, addressType: string) =>
      events.event(service, type, `TopologyAwareHints${word}`, `${message}, addressType: ${addressType}`)
    if (!verdicts && wasZoned) tell('Warning', 'Disabled', 'Topology Aware Hints has been disabled', 'IPv4')
    for (const { addressType, problem } of verdicts ?? []) {
      if (problem !== undefined) tell('Warning', 'Disabled', problem, addressType)
      else if (!wasZoned && !zoned.has(key)) {
        tell('Normal', 'Enabled', 'Topology Aware Hints has been enabled', addressType)
      }
      if (problem === undefined) zoned.add(key)
    }
  }

  /** When the zones' shares of CPU have changed, the Services that go by them. */
  function servicesByZone(change: Change<Node>): readonly ObjectKey[] {
    const relevant = ({ metadata, status }: Node) =>
      JSON.stringify([
        metadata?.labels,
        status?.allocatable?.['cpu'],
        status?.conditions?.find(({ type }) => type === 'Ready')?.status,
      ])
    if (change.type === 'updated' && relevant(change.previous) === relevant(change.object)) return []
    return serviceInformer.list().filter(wantsZoneHints).map(keyOf)
  }

  async function write(
    key: ObjectKey,
    service: Service,
    plan: SlicePlan,
    trigger: string | undefined,
  ): Promise<void> {
    const { namespace = '', name = '' } = service.metadata ?? {}
    const stamped = (slice: EndpointSlice): EndpointSlice => ({
      ...slice,
      metadata: { ...slice.metadata, annotations: withTriggerTime(slice.metadata?.annotations, trigger) },
    })
    const isLeaving = service.metadata?.deletionTimestamp !== undefined
    for (const slice of isLeaving ? [] : plan.create) {
      try {
        pending.created(key, await resource.create(stamped(slice)))
      } catch (error) {
        if (isNamespaceTerminating(error)) return
        throw failed(`failed to create EndpointSlice for Service ${namespace}/${name}`, error)
      }
    }
    for (const slice of plan.update) {
      try {
        pending.updated(key, await resource.update(stamped(slice)))
      } catch (error) {
        throw failed(
          `failed to update ${slice.metadata?.name} EndpointSlice for Service ${namespace}/${name}`,
          error,
        )
      }
    }
    for (const slice of plan.remove) await remove(key, slice, `${namespace}/${name}`)
  }

  async function remove(key: ObjectKey, slice: EndpointSlice, service: string): Promise<void> {
    pending.deleting(key, slice)
    try {
      await resource.delete(slice.metadata?.namespace ?? '', slice.metadata?.name ?? '')
    } catch (error) {
      pending.failed(key, slice)
      if (isNotFound(error)) return
      throw failed(`failed to delete ${slice.metadata?.name} EndpointSlice for Service ${service}`, error)
    }
  }

  return controller(context, 'endpointslice-controller', {
    watches: [
      primary(serviceInformer),
      mapped(podInformer, (change) => servicesOfPod(change, serviceInformer)),
      mapped(sliceInformer, (change) => servicesOfSlice(change, MANAGER)),
      mapped(nodeInformer, servicesByZone),
    ],
    workers: 5,
    baseDelayMs: 1000,
    maxDelayMs: 1_000_000,
    reconcile,
  })
}

/** Safety for writes that the cache will never show. */
export const PENDING_RETRY_MS = 300_000

/** The Services before and after a change of a slice. */
export function servicesOfSlice(change: Change<EndpointSlice>, manager: string): readonly ObjectKey[] {
  const slices = change.type === 'updated' ? [change.object, change.previous] : [change.object]
  return [...new Set(slices.flatMap((slice) => serviceOfSlice(slice, manager)))]
}

export function failed(what: string, error: unknown): Error {
  return new Error(`${what}: ${messageOf(error)}`, { cause: error })
}
