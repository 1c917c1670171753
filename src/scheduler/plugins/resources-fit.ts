// A node must have room for what a pod asks for; of those that do, the emptiest is liked best.
// Upstream: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go

import { MAX_NODE_SCORE, type SchedulerPlugin } from '#scheduler/framework.ts'
import { nonZeroRequestsOf, requestsOf } from '#scheduler/resources.ts'
import type { NodeInfo } from '#scheduler/snapshot.ts'

const SCORED = ['cpu', 'memory'] as const

export const resourcesFit: SchedulerPlugin = {
  name: 'NodeResourcesFit',
  weight: 1,

  filter(pod, node) {
    const reasons: string[] = []
    const most = node.allocatable.get('pods') ?? 0
    if (node.pods.size + 1 > most) reasons.push('Too many pods')
    let isUnresolvable = false
    for (const [name, wanted] of requestsOf(pod)) {
      if (wanted === 0) continue
      const allocatable = node.allocatable.get(name) ?? 0
      if (wanted <= allocatable - (node.requested.get(name) ?? 0)) continue
      reasons.push(`Insufficient ${name}`)
      if (wanted > allocatable) isUnresolvable = true
    }
    return reasons.length > 0 ? { reasons, isUnresolvable } : undefined
  },

  /** The mean share of CPU and memory that would still be free. */
  score(pod, node) {
    let sum = 0
    let counted = 0
    for (const name of SCORED) {
      const capacity = node.allocatable.get(name) ?? 0
      if (capacity === 0) continue
      const requested = (node.nonZeroRequested.get(name) ?? 0) + (nonZeroRequestsOf(pod).get(name) ?? 0)
      sum += requested > capacity ? 0 : Math.floor(((capacity - requested) * MAX_NODE_SCORE) / capacity)
      counted++
    }
    return counted === 0 ? 0 : Math.floor(sum / counted)
  },

  isHelpedBy(_pod, event) {
    return event.type !== 'assigned-pod-added' && event.type !== 'storage-changed'
  },
}

/** The shares of CPU and memory in use on a node when `pod` is added: what balance is judged by. */
export function usedShares(pod: Parameters<typeof requestsOf>[0], node: NodeInfo): readonly number[] {
  return SCORED.filter((name) => (node.allocatable.get(name) ?? 0) > 0).map((name) => {
    const requested = (node.requested.get(name) ?? 0) + (requestsOf(pod).get(name) ?? 0)
    return Math.min(1, requested / (node.allocatable.get(name) ?? 1))
  })
}
