// How crowded each node is with a pod's like: the soft side of topology spread. Pure.
//
//   score = Σ over constraints of  pods in the node's domain × ln(domains + 2) + maxSkew − 1        the lower the better
//
// A domain is worth comparing only if a node that is left lies in it. The default constraints also compare nodes that have
// no zone, by their hosts alone. Upstream: pkg/scheduler/framework/plugins/podtopologyspread/scoring.go

import type { Pod } from '#api/types/core.ts'
import { MAX_NODE_SCORE } from '#scheduler/framework.ts'
import { type CountedPods, countedPods } from '#scheduler/pod-counts.ts'
import type { NodeInfo, Snapshot } from '#scheduler/snapshot.ts'
import {
  HOST_KEY,
  hasAllDomains,
  hasConstraints,
  type SpreadConstraint,
  softConstraints,
  takesPart,
} from '#scheduler/spread-constraints.ts'

/** Of a node that lacks a label: it takes no part. */
const NO_PART = -1

interface Crowd {
  readonly constraint: SpreadConstraint
  readonly like: CountedPods
  /** Pods by domain; hosts are counted when they are asked for. */
  readonly domains: ReadonlyMap<string, number>
  readonly weight: number
}

export interface SpreadScores {
  readonly crowds: readonly Crowd[]
  readonly ignored: ReadonlySet<NodeInfo>
}

/** What is known before nodes are compared. */
export function spreadScores(pod: Pod, snapshot: Snapshot, feasible: readonly NodeInfo[]): SpreadScores {
  const constraints = softConstraints(pod, snapshot.workloads)
  const needsAll = hasConstraints(pod)
  const isIgnored = (node: NodeInfo): boolean => needsAll && !hasAllDomains(constraints, node)
  const ignored = new Set(constraints.length > 0 ? feasible.filter(isIgnored) : [])
  const compared = feasible.filter((node) => !ignored.has(node))
  const crowds = constraints.map((constraint): Crowd => {
    const like = countedPods(pod.metadata?.namespace ?? '', constraint.selector)
    if (constraint.topologyKey === HOST_KEY) {
      return { constraint, like, domains: new Map(), weight: Math.log(compared.length + 2) }
    }
    const domains = new Map(compared.map((node) => [domainOf(node, constraint), 0]))
    for (const node of snapshot.nodes) {
      if (isIgnored(node) || !takesPart(constraint, pod, node)) continue
      const domain = domainOf(node, constraint)
      const count = domains.get(domain)
      if (count !== undefined) domains.set(domain, count + node.countPods(like))
    }
    return { constraint, like, domains, weight: Math.log(domains.size + 2) }
  })
  return { crowds, ignored }
}

const domainOf = ({ node }: NodeInfo, { topologyKey }: SpreadConstraint): string =>
  node?.metadata?.labels?.[topologyKey] ?? ''

/** How crowded a node is. */
export function crowdOf(node: NodeInfo, { crowds, ignored }: SpreadScores): number {
  if (ignored.has(node)) return NO_PART
  let sum = 0
  for (const { constraint, like, domains, weight } of crowds) {
    if (node.node?.metadata?.labels?.[constraint.topologyKey] === undefined) continue
    const isHost = constraint.topologyKey === HOST_KEY
    const count = isHost ? node.countPods(like) : (domains.get(domainOf(node, constraint)) ?? 0)
    sum += count * weight + constraint.maxSkew - 1
  }
  return Math.round(sum)
}

/** Turns crowds into scores: the emptiest is liked best. */
export function normalizeCrowds(scores: number[]): void {
  const taking = scores.filter((score) => score !== NO_PART)
  const [least, most] = [Math.min(...taking), Math.max(...taking)]
  for (const [i, score] of scores.entries()) {
    if (score === NO_PART) scores[i] = 0
    else {
      scores[i] = most === 0 ? MAX_NODE_SCORE : Math.floor((MAX_NODE_SCORE * (most + least - score)) / most)
    }
  }
}
