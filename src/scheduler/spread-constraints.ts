// A pod's topology spread constraints as the scheduler reads them: with their selectors and defaults. Pure.
//
// A pod that has none is spread nevertheless, softly, away from its like: over hosts and over zones.
// Upstream: pkg/scheduler/framework/plugins/podtopologyspread/common.go

import { isNodeRequired } from '#api/meta/node-selector.ts'
import { NOTHING, type Selector, selectorOf } from '#api/meta/selectors.ts'
import { toleratesAll } from '#api/meta/tolerations.ts'
import type { Pod, TopologySpreadConstraint } from '#api/types/core.ts'
import { defaultSelector, type Workloads } from '#scheduler/default-selector.ts'
import type { NodeInfo } from '#scheduler/snapshot.ts'

export interface SpreadConstraint {
  readonly maxSkew: number
  readonly topologyKey: string
  readonly minDomains: number
  readonly selector: Selector
  readonly isAffinityHonored: boolean
  readonly areTaintsHonored: boolean
}

export const HOST_KEY = 'kubernetes.io/hostname'
const ZONE_KEY = 'topology.kubernetes.io/zone'

const DEFAULTS: readonly Pick<SpreadConstraint, 'topologyKey' | 'maxSkew'>[] = [
  { topologyKey: HOST_KEY, maxSkew: 3 },
  { topologyKey: ZONE_KEY, maxSkew: 5 },
]

/** Those that must hold. */
export const hardConstraints = (pod: Pod): readonly SpreadConstraint[] => ownConstraints(pod, 'DoNotSchedule')

/** Those that should hold: the pod's own, or the default ones for a pod without any. */
export function softConstraints(pod: Pod, workloads: Workloads | undefined): readonly SpreadConstraint[] {
  if (hasConstraints(pod)) return ownConstraints(pod, 'ScheduleAnyway')
  const selector = workloads && defaultSelector(pod, workloads)
  if (!selector) return []
  return DEFAULTS.map((constraint) => ({
    ...constraint,
    minDomains: 1,
    selector,
    isAffinityHonored: true,
    areTaintsHonored: false,
  }))
}

export const hasConstraints = (pod: Pod): boolean => (pod.spec?.topologySpreadConstraints ?? []).length > 0

function ownConstraints(pod: Pod, whenUnsatisfiable: string): readonly SpreadConstraint[] {
  return (pod.spec?.topologySpreadConstraints ?? [])
    .filter((constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable)
    .map((constraint) => ({
      maxSkew: constraint.maxSkew,
      topologyKey: constraint.topologyKey,
      minDomains: constraint.minDomains ?? 1,
      selector: selectorFor(constraint, pod),
      isAffinityHonored: (constraint.nodeAffinityPolicy ?? 'Honor') === 'Honor',
      areTaintsHonored: constraint.nodeTaintsPolicy === 'Honor',
    }))
}

/** `matchLabelKeys` narrow it to pods that have the same values as this one. */
function selectorFor({ labelSelector, matchLabelKeys = [] }: TopologySpreadConstraint, pod: Pod): Selector {
  if (!labelSelector) return NOTHING
  const labels = pod.metadata?.labels ?? {}
  const same = matchLabelKeys.flatMap((key) =>
    labels[key] === undefined ? [] : [{ key, operator: 'In', values: [labels[key]] }],
  )
  return selectorOf({
    ...labelSelector,
    matchExpressions: [...(labelSelector.matchExpressions ?? []), ...same],
  })
}

/** Whether a node has a domain for each constraint. */
export const hasAllDomains = (constraints: readonly SpreadConstraint[], { node }: NodeInfo): boolean =>
  constraints.every(({ topologyKey }) => node?.metadata?.labels?.[topologyKey] !== undefined)

/** Whether pods on a node count. */
export function takesPart(constraint: SpreadConstraint, pod: Pod, { node }: NodeInfo): boolean {
  if (!node || (constraint.isAffinityHonored && !isNodeRequired(pod.spec, node))) return false
  return (
    !constraint.areTaintsHonored ||
    toleratesAll(pod.spec?.tolerations ?? [], node.spec?.taints ?? [], ['NoSchedule', 'NoExecute'])
  )
}
