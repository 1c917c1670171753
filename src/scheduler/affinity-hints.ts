// Which events can help a pod that nodes were refused to because of other pods. Pure.
//
// Namespaces are judged by their names here, as upstream does; a term that selects namespaces by labels is taken to match.
// Upstream: pkg/scheduler/framework/plugins/interpodaffinity/plugin.go (isSchedulableAfterPodChange, …NodeChange)

import type { Labels } from '#api/meta/selectors.ts'
import type { Pod } from '#api/types/core.ts'
import { type AffinityTerm, matchesTerm, type PodTerms, podTermsOf } from '#scheduler/affinity-terms.ts'
import { type ClusterEvent, nodeChange } from '#scheduler/cluster-events.ts'

const NO_TERMS: PodTerms = { affinity: [], antiAffinity: [], preferred: [] }

/** Company came, what was avoided went, or a node moved to another domain. */
export function affinityIsHelped(pod: Pod, event: ClusterEvent): boolean {
  const { affinity, antiAffinity } = podTermsOf(pod) ?? NO_TERMS
  switch (event.type) {
    case 'assigned-pod-added':
      return matchesAll(affinity, event.pod)
    case 'assigned-pod-updated':
      return (
        (matchesAll(affinity, event.pod) && !matchesAll(affinity, event.previous)) ||
        (!matchesAll(antiAffinity, event.pod) && matchesAll(antiAffinity, event.previous))
      )
    case 'assigned-pod-deleted':
      return matchesAll(antiAffinity, event.pod) || matchesAll(podTermsOf(event.pod)?.antiAffinity ?? [], pod)
    default: {
      const change = nodeChange(event)
      if (!change) return false
      const [labels, before] = [change.node.metadata?.labels, change.previous?.metadata?.labels]
      const isNew = change.previous === undefined
      // Only others keep it away, and they are not on the new node.
      if (isNew && affinity.length + antiAffinity.length === 0) return true
      return (
        affinity.some(({ topologyKey }) => isEntered(topologyKey, labels, before)) ||
        antiAffinity.some(({ topologyKey }) => isNew || isLeft(topologyKey, labels, before))
      )
    }
  }
}

const matchesAll = (terms: readonly AffinityTerm[], pod: Pod): boolean =>
  terms.length > 0 && terms.every((term) => matchesTerm(anyNamespaceLabels(term, pod), pod, new Map()))

/** The labels of namespaces are not at hand: waking for nothing costs less than sleeping on. */
function anyNamespaceLabels(term: AffinityTerm, { metadata }: Pod): AffinityTerm {
  if (!term.namespaceSelector) return term
  return { ...term, namespaces: new Set([metadata?.namespace ?? '']), namespaceSelector: undefined }
}

const isEntered = (key: string, labels: Labels, before: Labels): boolean =>
  labels?.[key] !== undefined && labels[key] !== before?.[key]

const isLeft = (key: string, labels: Labels, before: Labels): boolean =>
  before?.[key] !== undefined && labels?.[key] !== before[key]
