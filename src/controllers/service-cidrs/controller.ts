// Keeps a range of Service addresses until no Service has an address that only this range covers.
//
//   ServiceCIDR ─▶ finalizer, condition Ready        deleted ─▶ addresses left? ─▶ Ready False, or finalizer off
//
// Invariant: the finalizer goes ten seconds after the deletion at the earliest, when every API server has seen it and
// gives out no more addresses. Upstream: pkg/controller/servicecidrs

import type { ObjectKey } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { ipAddresses, serviceCIDRs } from '#api/resources.ts'
import type { ServiceCIDR } from '#api/types/networking.ts'
import type { Requeue } from '#client/work-queue.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'
import { isOfService, mayGo, overlapping, rangesWith } from '#controllers/service-cidrs/plan.ts'
import { formatTime } from '#sys/clock.ts'

const FINALIZER = 'networking.k8s.io/service-cidr-finalizer'
const DELETION_GRACE_MS = 10_000
const MANAGER = 'service-cidr-controller'

const READY = { status: 'True', reason: '', message: 'Kubernetes Service CIDR is ready' }
const TERMINATING = {
  status: 'False',
  reason: 'Terminating',
  message:
    'There are still IPAddresses referencing the ServiceCIDR, please remove them or create a new ServiceCIDR',
}

export function serviceCIDRsController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const ranges = informers.informer(serviceCIDRs)
  const addresses = informers.informer(ipAddresses)
  const resource = client.resource(serviceCIDRs)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const range = ranges.get(key)
    if (!range) return
    const hasFinalizer = (range.metadata?.finalizers ?? []).includes(FINALIZER)
    const deletedAt = range.metadata?.deletionTimestamp
    if (deletedAt === undefined) {
      if (!hasFinalizer) await patchFinalizers(range, { finalizers: [FINALIZER] })
      return report(range, READY)
    }
    if (!mayGo(range, ranges.list(), addresses.list())) return report(range, TERMINATING)
    const waitMs = Date.parse(deletedAt) + DELETION_GRACE_MS - clock.now()
    if (waitMs > 0) return { afterMs: waitMs }
    if (hasFinalizer) await patchFinalizers(range, { '$deleteFromPrimitiveList/finalizers': [FINALIZER] })
    return
  }

  async function patchFinalizers({ metadata }: ServiceCIDR, change: object): Promise<void> {
    try {
      await resource.patch('', metadata?.name ?? '', 'strategic', { metadata: change })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }

  async function report(
    { metadata, status }: ServiceCIDR,
    next: { readonly status: string; readonly reason: string; readonly message: string },
  ): Promise<undefined> {
    const old = status?.conditions?.find(({ type }) => type === 'Ready')
    if (old?.status === next.status && old.reason === next.reason && old.message === next.message) return
    const condition = { type: 'Ready', ...next, lastTransitionTime: formatTime(clock.now()) }
    const name = metadata?.name ?? ''
    const body = {
      apiVersion: 'networking.k8s.io/v1',
      kind: 'ServiceCIDR',
      metadata: { name },
      status: { conditions: [condition] },
    }
    await resource.patch('', name, 'apply', body, {
      subresource: 'status',
      fieldManager: MANAGER,
      force: true,
    })
  }

  return controller(context, 'service-cidr-controller', {
    watches: [
      // What one range covers another may need no more.
      mapped(ranges, ({ object }) => [object.metadata?.name ?? '', ...overlapping(ranges.list(), object)]),
      mapped(addresses, ({ object, type }) =>
        type !== 'updated' && isOfService(object)
          ? rangesWith(ranges.list(), object.metadata?.name ?? '')
          : [],
      ),
    ],
    workers: 5,
    reconcile,
  })
}
