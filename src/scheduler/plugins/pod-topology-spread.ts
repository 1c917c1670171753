// Spreads pods over domains, so that none has many more than another: hosts, racks, zones.
//
//   skew of a node = pods in its domain (with this one) − pods in the emptiest domain      must be at most maxSkew
//
// Upstream: pkg/scheduler/framework/plugins/podtopologyspread. Left out: the default constraints for pods that have
// none (their scores by free room spread such pods, too).

import { isNodeRequired } from '#api/meta/node-selector.ts'
import { matchesLabels, NOTHING, type Selector, selectorOf } from '#api/meta/selectors.ts'
import { toleratesAll } from '#api/meta/tolerations.ts'
import type { Pod, TopologySpreadConstraint } from '#api/types/core.ts'
import { DomainCounts } from '#scheduler/domain-counts.ts'
import { MAX_NODE_SCORE, rejected, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import type { NodeInfo, Snapshot } from '#scheduler/snapshot.ts'

const NAME = 'PodTopologySpread'
const SCORES = 'PodTopologySpread/scores'
/** Of a node that lacks a label: it takes no part. */
const NO_PART = -1

interface Spread {
  readonly constraint: TopologySpreadConstraint
  readonly counts: DomainCounts
  /** 1 where the pod itself is one of those that are spread. */
  readonly self: number
}

export const podTopologySpread: SchedulerPlugin = {
  name: NAME,
  weight: 2,

  preFilter(pod, snapshot, state) {
    state.set(NAME, spreadsOf(pod, snapshot, 'DoNotSchedule'))
    return undefined
  },

  filter(_pod, node, state) {
    for (const { constraint, counts, self } of state.get(NAME) as readonly Spread[]) {
      if (counts.domainOf(node) === undefined) {
        return unresolvable("node(s) didn't match pod topology spread constraints (missing required label)")
      }
      const isFew = counts.domains < (constraint.minDomains ?? 1)
      const least = isFew ? 0 : counts.minimum(node)
      if (counts.of(node) + self - least > constraint.maxSkew) {
        return rejected("node(s) didn't match pod topology spread constraints")
      }
    }
    return undefined
  },

  preScore(pod, snapshot, state) {
    state.set(SCORES, spreadsOf(pod, snapshot, 'ScheduleAnyway'))
  },

  /** How crowded it is; a domain among many weighs more, as there each pod matters more. */
  score(_pod, node, state) {
    const spreads = state.get(SCORES) as readonly Spread[]
    if (spreads.some(({ counts }) => counts.domainOf(node) === undefined)) return NO_PART
    const crowds = spreads.map(
      ({ constraint, counts }) => counts.of(node) * Math.log(counts.domains + 2) + constraint.maxSkew - 1,
    )
    return Math.round(crowds.reduce((sum, crowd) => sum + crowd, 0))
  },

  normalize(scores) {
    const taking = scores.filter((score) => score !== NO_PART)
    const [least, most] = [Math.min(...taking), Math.max(...taking)]
    for (const [i, score] of scores.entries()) {
      if (score === NO_PART) scores[i] = 0
      else {
        scores[i] = most === 0 ? MAX_NODE_SCORE : Math.floor((MAX_NODE_SCORE * (most + least - score)) / most)
      }
    }
  },

  isHelpedBy(pod, event) {
    if (event.type === 'storage-changed') return false
    if (event.type === 'node-added' || event.type === 'node-updated') return true
    if (event.pod.metadata?.namespace !== pod.metadata?.namespace) return false
    if (event.type !== 'assigned-pod-updated') return true
    return JSON.stringify(event.pod.metadata?.labels) !== JSON.stringify(event.previous.metadata?.labels)
  },
}

function spreadsOf(pod: Pod, { nodes }: Snapshot, whenUnsatisfiable: string): readonly Spread[] {
  const constraints = (pod.spec?.topologySpreadConstraints ?? []).filter(
    (constraint) => constraint.whenUnsatisfiable === whenUnsatisfiable,
  )
  const hasAllLabels = ({ node }: NodeInfo): boolean =>
    constraints.every(({ topologyKey }) => node?.metadata?.labels?.[topologyKey] !== undefined)
  return constraints.map((constraint) => {
    const selector = selectorFor(constraint, pod)
    const taking = nodes.filter((node) => hasAllLabels(node) && takesPart(constraint, pod, node))
    const counts = new DomainCounts(constraint.topologyKey, taking, (node) => countOn(node, selector, pod))
    return { constraint, counts, self: matchesLabels(selector, pod.metadata?.labels) ? 1 : 0 }
  })
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

/** Whether a node's domain is one over which pods are spread. */
function takesPart(
  { nodeAffinityPolicy = 'Honor', nodeTaintsPolicy = 'Ignore' }: TopologySpreadConstraint,
  pod: Pod,
  { node }: NodeInfo,
): boolean {
  if (!node || (nodeAffinityPolicy === 'Honor' && !isNodeRequired(pod.spec, node))) return false
  const taints = node.spec?.taints ?? []
  return (
    nodeTaintsPolicy === 'Ignore' ||
    toleratesAll(pod.spec?.tolerations ?? [], taints, ['NoSchedule', 'NoExecute'])
  )
}

function countOn(node: NodeInfo, selector: Selector, pod: Pod): number {
  let count = 0
  for (const other of node.pods.values()) {
    const isOfNamespace = other.metadata?.namespace === pod.metadata?.namespace
    const isStaying = other.metadata?.deletionTimestamp === undefined
    if (isOfNamespace && isStaying && matchesLabels(selector, other.metadata?.labels)) count++
  }
  return count
}
