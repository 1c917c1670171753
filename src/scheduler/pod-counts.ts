// How many pods of a node match a selector, counted once and then kept up to date pod by pod.
//
// Pods of one Deployment ask for the same count on every node, one after the other; counting anew each time would cost
// more the fuller the cluster is. Bounded: a node remembers so many selectors, and forgets the one that it has known longest.

import { formatSelector, matchesLabels, type Selector } from '#api/meta/selectors.ts'
import type { Pod } from '#api/types/core.ts'

const REMEMBERED = 64

/** Pods of `namespace` that match `selector`; pods on their way out count for nobody. */
export interface CountedPods {
  readonly namespace: string
  readonly selector: Selector
  /** Equal for equal questions. */
  readonly key: string
}

export function countedPods(namespace: string, selector: Selector): CountedPods {
  const text = selector.matchesNothing ? '!' : formatSelector(selector)
  return { namespace, selector, key: `${namespace}/${text}` }
}

export class PodCounts {
  readonly #counts = new Map<string, { readonly question: CountedPods; count: number }>()

  /** `pods` are all pods of the node: read only when the question is new. */
  of(question: CountedPods, pods: Iterable<Pod>): number {
    let known = this.#counts.get(question.key)
    if (!known) {
      known = { question, count: 0 }
      for (const pod of pods) if (isCounted(question, pod)) known.count++
      if (this.#counts.size >= REMEMBERED) this.#counts.delete(this.#counts.keys().next().value ?? '')
      this.#counts.set(question.key, known)
    }
    return known.count
  }

  /** A pod came (1) or went (-1). */
  change(pod: Pod, by: 1 | -1): void {
    for (const known of this.#counts.values()) if (isCounted(known.question, pod)) known.count += by
  }
}

function isCounted({ namespace, selector }: CountedPods, { metadata }: Pod): boolean {
  return (
    metadata?.namespace === namespace &&
    metadata.deletionTimestamp === undefined &&
    matchesLabels(selector, metadata.labels)
  )
}
