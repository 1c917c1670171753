// What pods say about the company of other pods, read once for each pod. Pure.
//
// A term names pods by labels and namespaces, and a label of nodes (`topologyKey`) whose equal values make a domain:
// a host, a rack, a zone. Upstream: pkg/scheduler/framework/types.go (AffinityTerm, PodInfo)

import { type Labels, matchesLabels, NOTHING, type Selector, selectorOf } from '#api/meta/selectors.ts'
import type { Pod, PodAffinityTerm } from '#api/types/core.ts'

/** Labels of namespaces, by their names. */
export type Namespaces = ReadonlyMap<string, Labels>

export interface AffinityTerm {
  readonly topologyKey: string
  readonly selector: Selector
  readonly namespaces: ReadonlySet<string>
  /** Undefined: only the named namespaces. */
  readonly namespaceSelector: Selector | undefined
}

export interface WeightedTerm {
  readonly term: AffinityTerm
  /** Negative for company that is rather avoided. */
  readonly weight: number
}

export interface PodTerms {
  readonly affinity: readonly AffinityTerm[]
  readonly antiAffinity: readonly AffinityTerm[]
  readonly preferred: readonly WeightedTerm[]
}

/** Undefined for the many pods that say nothing. */
export function podTermsOf(pod: Pod): PodTerms | undefined {
  const { podAffinity, podAntiAffinity } = pod.spec?.affinity ?? {}
  if (!podAffinity && !podAntiAffinity) return undefined
  const namespace = pod.metadata?.namespace ?? ''
  const read = (term: PodAffinityTerm): AffinityTerm => termOf(term, namespace)
  return {
    affinity: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(read),
    antiAffinity: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(read),
    preferred: [
      ...(podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        ({ podAffinityTerm, weight }) => ({ term: read(podAffinityTerm), weight }),
      ),
      ...(podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(
        ({ podAffinityTerm, weight }) => ({ term: read(podAffinityTerm), weight: -weight }),
      ),
    ],
  }
}

/** A term without any namespace means that of its pod. */
function termOf(term: PodAffinityTerm, namespace: string): AffinityTerm {
  const isOwn = (term.namespaces ?? []).length === 0 && term.namespaceSelector === undefined
  return {
    topologyKey: term.topologyKey,
    selector: term.labelSelector ? selectorOf(term.labelSelector) : NOTHING,
    namespaces: new Set(isOwn ? [namespace] : (term.namespaces ?? [])),
    namespaceSelector: term.namespaceSelector && selectorOf(term.namespaceSelector),
  }
}

export function matchesTerm(term: AffinityTerm, pod: Pod, namespaces: Namespaces): boolean {
  const namespace = pod.metadata?.namespace ?? ''
  const isThere =
    term.namespaces.has(namespace) ||
    (term.namespaceSelector !== undefined && matchesLabels(term.namespaceSelector, namespaces.get(namespace)))
  return isThere && matchesLabels(term.selector, pod.metadata?.labels)
}
