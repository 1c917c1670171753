// Where a pod must be together with others, or apart from them, and where it would rather.
//
// It goes both ways: a pod that is there already and wants to be alone keeps the new one away, too.
// Upstream: pkg/scheduler/framework/plugins/interpodaffinity

import type { Pod } from '#api/types/core.ts'
import { affinityIsHelped } from '#scheduler/affinity-hints.ts'
import { type AffinityTerm, matchesTerm, type Namespaces, podTermsOf } from '#scheduler/affinity-terms.ts'
import { DomainCounts } from '#scheduler/domain-counts.ts'
import { MAX_NODE_SCORE, rejected, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'
import type { NodeInfo, Snapshot } from '#scheduler/snapshot.ts'

const NAME = 'InterPodAffinity'
const SCORES = 'InterPodAffinity/scores'
/** What a pod requires, it also likes, but only a little. */
const HARD_AFFINITY_WEIGHT = 1

interface FilterState {
  /** For each term of the pod: pods that match all its terms. */
  readonly together: readonly DomainCounts[]
  /** Nobody matches yet, and the pod itself does: it may be the first. */
  readonly isFirst: boolean
  readonly apart: readonly DomainCounts[]
  /** Pods that want to be apart from this one. */
  readonly shunning: readonly DomainCounts[]
}

export const interPodAffinity: SchedulerPlugin = {
  name: NAME,
  weight: 2,

  preFilter(pod, snapshot, state) {
    const { nodes, namespaces } = snapshot
    const terms = podTermsOf(pod)
    const affinity = terms?.affinity ?? []
    const matchesAll = (other: Pod): boolean => affinity.every((term) => matchesTerm(term, other, namespaces))
    const together = affinity.map(
      ({ topologyKey }) => new DomainCounts(topologyKey, nodes, (node) => countPods(node, matchesAll)),
    )
    const apart = (terms?.antiAffinity ?? []).map(
      (term) =>
        new DomainCounts(term.topologyKey, nodes, (node) =>
          countPods(node, (other) => matchesTerm(term, other, namespaces)),
        ),
    )
    const isFirst = together.every(({ total }) => total === 0) && matchesAll(pod)
    const found: FilterState = { together, isFirst, apart, shunning: shunningCounts(pod, snapshot) }
    state.set(NAME, found)
    return undefined
  },

  filter(_pod, node, state) {
    const { together, isFirst, apart, shunning } = state.get(NAME) as FilterState
    const hasDomains = together.every((counts) => counts.domainOf(node) !== undefined)
    const hasCompany = together.every((counts) => counts.of(node) > 0)
    if (!hasDomains || !(hasCompany || isFirst)) {
      return unresolvable("node(s) didn't match pod affinity rules")
    }
    if (apart.some((counts) => counts.of(node) > 0)) {
      return rejected("node(s) didn't match pod anti-affinity rules")
    }
    if (shunning.some((counts) => counts.of(node) > 0)) {
      return rejected("node(s) didn't satisfy existing pods anti-affinity rules")
    }
    return undefined
  },

  preScore(pod, snapshot, state) {
    state.set(SCORES, preferences(pod, snapshot))
  },

  score(_pod, { node }, state) {
    let sum = 0
    for (const [key, domains] of state.get(SCORES) as Preferences) {
      sum += domains.get(node?.metadata?.labels?.[key] ?? '') ?? 0
    }
    return sum
  },

  /** From the least liked to the most, whatever their signs. */
  normalize(scores) {
    const [least, most] = [Math.min(...scores), Math.max(...scores)]
    for (const [i, score] of scores.entries()) {
      scores[i] = most === least ? 0 : Math.floor((MAX_NODE_SCORE * (score - least)) / (most - least))
    }
  },

  isHelpedBy: affinityIsHelped,
}

function countPods(node: NodeInfo, isCounted: (pod: Pod) => boolean): number {
  let count = 0
  for (const pod of node.pods.values()) if (isCounted(pod)) count++
  return count
}

/** For each label of nodes by which somebody wants to be apart from `pod`. */
function shunningCounts(pod: Pod, { nodes, namespaces }: Snapshot): readonly DomainCounts[] {
  const shuns = (term: AffinityTerm): boolean => matchesTerm(term, pod, namespaces)
  const keys = new Set<string>()
  for (const node of nodes) {
    for (const { antiAffinity } of node.podTerms.values()) {
      for (const term of antiAffinity) if (shuns(term)) keys.add(term.topologyKey)
    }
  }
  return [...keys].map(
    (key) =>
      new DomainCounts(key, nodes, (node) => {
        let count = 0
        for (const { antiAffinity } of node.podTerms.values()) {
          if (antiAffinity.some((term) => term.topologyKey === key && shuns(term))) count++
        }
        return count
      }),
  )
}

/** By label of nodes and its value, how much a pod is liked there. */
type Preferences = ReadonlyMap<string, ReadonlyMap<string, number>>

function preferences(pod: Pod, { nodes, namespaces }: Snapshot): Preferences {
  const liked = new Map<string, Map<string, number>>()
  const own = podTermsOf(pod)?.preferred ?? []
  for (const info of nodes) {
    const add = (key: string, weight: number): void => {
      const domain = info.node?.metadata?.labels?.[key]
      if (domain === undefined) return
      const domains = liked.get(key) ?? new Map<string, number>()
      liked.set(key, domains.set(domain, (domains.get(domain) ?? 0) + weight))
    }
    if (own.length > 0) addOwn(own, info, namespaces, add)
    for (const { affinity, preferred } of info.podTerms.values()) {
      for (const term of affinity) {
        if (matchesTerm(term, pod, namespaces)) add(term.topologyKey, HARD_AFFINITY_WEIGHT)
      }
      for (const { term, weight } of preferred) {
        if (matchesTerm(term, pod, namespaces)) add(term.topologyKey, weight)
      }
    }
  }
  return liked
}

function addOwn(
  terms: readonly { readonly term: AffinityTerm; readonly weight: number }[],
  info: NodeInfo,
  namespaces: Namespaces,
  add: (key: string, weight: number) => void,
): void {
  for (const { term, weight } of terms) {
    const count = countPods(info, (other) => matchesTerm(term, other, namespaces))
    if (count > 0) add(term.topologyKey, weight * count)
  }
}
