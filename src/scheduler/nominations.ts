// Pods that a preemption has promised room on a node, and that are not there yet.
//
// The promise is in memory before it is in the pod's status (`nominatedNodeName`), from which it is read again after a
// restart. Others of no higher priority see the room as taken. Upstream: pkg/scheduler/backend/queue/nominator.go

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import type { Pod } from '#api/types/core.ts'

interface Nomination {
  readonly pod: Pod
  readonly nodeName: string
}

export class Nominations {
  readonly #byKey = new Map<ObjectKey, Nomination>()

  set(pod: Pod, nodeName: string): void {
    this.#byKey.set(keyOf(pod), { pod, nodeName })
  }

  delete(key: ObjectKey): void {
    this.#byKey.delete(key)
  }

  /** Takes over what a pod's status says, where that is news. */
  read(pod: Pod, previous: Pod | undefined): void {
    const nodeName = pod.status?.nominatedNodeName ?? ''
    if (nodeName === (previous?.status?.nominatedNodeName ?? '')) return
    if (nodeName === '') this.delete(keyOf(pod))
    else this.set(pod, nodeName)
  }

  nodeOf(pod: Pod): string | undefined {
    return this.#byKey.get(keyOf(pod))?.nodeName
  }

  /** The pods that are to come to a node. */
  on(nodeName: string): readonly Pod[] {
    if (this.#byKey.size === 0) return []
    return [...this.#byKey.values()]
      .filter((nomination) => nomination.nodeName === nodeName)
      .map(({ pod }) => pod)
  }
}
