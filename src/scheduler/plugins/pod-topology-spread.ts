// Spreads pods over domains, so that none has many more than another: hosts, racks, zones.
//
//   skew of a node = pods in its domain (with this one) − pods in the emptiest domain      must be at most maxSkew
//
// Upstream: pkg/scheduler/framework/plugins/podtopologyspread

import { semanticEqual } from '#api/meta/equality.ts'
import { type Labels, matchesLabels } from '#api/meta/selectors.ts'
import type { Pod } from '#api/types/core.ts'
import { type ClusterEvent, nodeChange } from '#scheduler/cluster-events.ts'
import { DomainCounts } from '#scheduler/domain-counts.ts'
import { rejected, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import { countedPods } from '#scheduler/pod-counts.ts'
import type { Snapshot } from '#scheduler/snapshot.ts'
import {
  hardConstraints,
  hasAllDomains,
  type SpreadConstraint,
  takesPart,
} from '#scheduler/spread-constraints.ts'
import { crowdOf, normalizeCrowds, type SpreadScores, spreadScores } from '#scheduler/spread-scores.ts'

const NAME = 'PodTopologySpread'
const SCORES = 'PodTopologySpread/scores'

interface Spread {
  readonly constraint: SpreadConstraint
  readonly counts: DomainCounts
  /** 1 where the pod itself is one of those that are spread. */
  readonly self: number
}

export const podTopologySpread: SchedulerPlugin = {
  name: NAME,
  weight: 2,

  preFilter(pod, snapshot, state) {
    state.set(NAME, spreadsOf(pod, snapshot))
    return undefined
  },

  filter(_pod, node, state) {
    for (const { constraint, counts, self } of state.get(NAME) as readonly Spread[]) {
      if (counts.domainOf(node) === undefined) {
        return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")
      }
      const isFew = counts.domains < constraint.minDomains
      const least = isFew ? 0 : counts.minimum(node)
      if (counts.of(node) + self - least > constraint.maxSkew) {
        return rejected("node(s) didn't match pod topology spread constraints")
      }
    }
    return undefined
  },

  preScore(pod, snapshot, state, feasible) {
    state.set(SCORES, spreadScores(pod, snapshot, feasible))
  },

  score: (_pod, node, state) => crowdOf(node, state.get(SCORES) as SpreadScores),

  normalize: normalizeCrowds,

  isHelpedBy(pod, event) {
    const constraints = hardConstraints(pod)
    return isNodeNews(constraints, event) || isPodNews(constraints, pod, event)
  },
}

/** A node came into play, left it, or moved to another domain. */
function isNodeNews(constraints: readonly SpreadConstraint[], event: ClusterEvent): boolean {
  const hasAll = (of: Labels) => constraints.every(({ topologyKey }) => of?.[topologyKey] !== undefined)
  if (event.type === 'node-deleted') return hasAll(event.node.metadata?.labels)
  const change = nodeChange(event)
  if (!change) return false
  const [labels, before] = [change.node.metadata?.labels, change.previous?.metadata?.labels]
  if (hasAll(labels) !== hasAll(before)) return true
  if (!hasAll(labels)) return false
  return (
    constraints.some(({ topologyKey }) => labels?.[topologyKey] !== before?.[topologyKey]) ||
    !semanticEqual(change.node.spec?.taints, change.previous?.spec?.taints)
  )
}

/** A pod of those that are spread came, went, or began or ceased to be one. */
function isPodNews(constraints: readonly SpreadConstraint[], pod: Pod, event: ClusterEvent): boolean {
  if (!('pod' in event) || event.pod.metadata?.namespace !== pod.metadata?.namespace) return false
  const labels = event.pod.metadata?.labels
  if (event.type !== 'assigned-pod-updated') {
    return constraints.some(({ selector }) => matchesLabels(selector, labels))
  }
  const before = event.previous.metadata?.labels
  return constraints.some(
    ({ selector }) => matchesLabels(selector, labels) !== matchesLabels(selector, before),
  )
}

function spreadsOf(pod: Pod, { nodes }: Snapshot): readonly Spread[] {
  const constraints = hardConstraints(pod)
  return constraints.map((constraint) => {
    const taking = nodes.filter(
      (node) => hasAllDomains(constraints, node) && takesPart(constraint, pod, node),
    )
    const like = countedPods(pod.metadata?.namespace ?? '', constraint.selector)
    const counts = new DomainCounts(constraint.topologyKey, taking, (node) => node.countPods(like))
    return { constraint, counts, self: matchesLabels(constraint.selector, pod.metadata?.labels) ? 1 : 0 }
  })
}
