// Fills ClusterRoles like `edit` from the roles that carry their label, so that a new API can add itself to them.
//
// Upstream: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go

import type { ObjectKey } from '#api/meta/object.ts'
import { clusterRoles } from '#api/resources.ts'
import type { Requeue } from '#client/work-queue.ts'
import { planAggregation } from '#controllers/clusterrole-aggregation/plan.ts'
import { type Controller, type ControllerContext, controller, mapped } from '#controllers/controller.ts'

export function clusterRoleAggregationController(context: ControllerContext): Controller {
  const informer = context.informers.informer(clusterRoles)
  const resource = context.client.resource(clusterRoles)

  async function reconcile(name: ObjectKey): Promise<Requeue> {
    const role = informer.get(name)
    const wanted = role && planAggregation(role, informer.list())
    if (!wanted) return
    await resource.update(wanted)
  }

  /** Any role may feed, or no longer feed, any of the aggregated ones: there are few. */
  const aggregated = (): readonly ObjectKey[] =>
    informer.list().flatMap((role) => (role.aggregationRule ? [role.metadata?.name ?? ''] : []))

  return controller(context, 'clusterrole-aggregation-controller', {
    watches: [mapped(informer, aggregated)],
    reconcile,
  })
}
