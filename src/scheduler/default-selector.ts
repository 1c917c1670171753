// Who is a pod's like, if it does not say so itself: pods of the same Services and of the same controller. Pure.
//
// By that, pods without spread constraints are spread nevertheless. Upstream: pkg/scheduler/framework/plugins/helper/spread.go

import { matchesLabels, type Selector, selectorOf, selectorOfLabels } from '#api/meta/selectors.ts'
import type { ReplicaSet, StatefulSet } from '#api/types/apps.ts'
import type { Pod, ReplicationController, Service } from '#api/types/core.ts'

/** What stands behind pods; each may be a moment old. */
export interface Workloads {
  services(namespace: string): readonly Service[]
  replicationController(namespace: string, name: string): ReplicationController | undefined
  replicaSet(namespace: string, name: string): ReplicaSet | undefined
  statefulSet(namespace: string, name: string): StatefulSet | undefined
}

/** Undefined for a pod without a Service and a known controller: it has no like. */
export function defaultSelector(pod: Pod, workloads: Workloads): Selector | undefined {
  const namespace = pod.metadata?.namespace ?? ''
  const labels = Object.assign(
    {},
    ...workloads
      .services(namespace)
      .map(({ spec }) => spec?.selector)
      .filter((selector) => selector && matchesLabels(selectorOfLabels(selector), pod.metadata?.labels)),
  ) as Record<string, string>
  const requirements = [
    ...selectorOfLabels(labels).requirements,
    ...(controllerSelector(pod, namespace, workloads)?.requirements ?? []),
  ]
  return requirements.length === 0 ? undefined : { requirements, matchesNothing: false }
}

function controllerSelector(pod: Pod, namespace: string, workloads: Workloads): Selector | undefined {
  const owner = pod.metadata?.ownerReferences?.find(({ controller }) => controller)
  if (!owner) return undefined
  switch (`${owner.apiVersion} ${owner.kind}`) {
    case 'v1 ReplicationController': {
      const selector = workloads.replicationController(namespace, owner.name)?.spec?.selector
      return selector && selectorOfLabels(selector)
    }
    case 'apps/v1 ReplicaSet':
      return known(workloads.replicaSet(namespace, owner.name))
    case 'apps/v1 StatefulSet':
      return known(workloads.statefulSet(namespace, owner.name))
    default:
      return undefined
  }
}

const known = (owner: ReplicaSet | StatefulSet | undefined): Selector | undefined =>
  owner && selectorOf(owner.spec?.selector)
