// How many watches would see a change of an object: what a write costs beside itself.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/watch_tracker.go

import type { RequestInfo } from '#apiserver/request.ts'

const READ_ONLY = new Set(['get', 'list', 'watch', 'proxy'])

export class WatchCounts {
  /** By group, resource, namespace and name, the last two empty for all. */
  readonly #counts = new Map<string, number>()

  /** Counts a watch; gives the way to forget it. Kubelets' watches of their own pods are not counted. */
  add(info: RequestInfo): () => void {
    const isIndexed =
      info.resource === 'pods' && /(^|,)\s*spec\.nodeName=+[^,]/.test(info.fieldSelector ?? '')
    if (isIndexed) return () => undefined
    const key = keyOf(info, info.namespace, info.name)
    this.#counts.set(key, (this.#counts.get(key) ?? 0) + 1)
    let isCounted = true
    return () => {
      if (!isCounted) return
      isCounted = false
      const left = (this.#counts.get(key) ?? 0) - 1
      if (left > 0) this.#counts.set(key, left)
      else this.#counts.delete(key)
    }
  }

  interestedIn(info: RequestInfo): number {
    if (READ_ONLY.has(info.verb) || this.#counts.size === 0) return 0
    const at = (namespace: string, name: string) => this.#counts.get(keyOf(info, namespace, name)) ?? 0
    let count = at('', '')
    if (info.namespace !== '') count += at(info.namespace, '')
    if (info.name !== '') count += at(info.namespace, info.name)
    return count
  }
}

const keyOf = (info: RequestInfo, namespace: string, name: string): string =>
  `${info.group}/${info.resource}/${namespace}/${name}`
