// A node must have room for what a pod asks for; of those that do, the emptiest is liked best.
// Upstream: pkg/scheduler/framework/plugins/noderesources/{fit,least_allocated}.go

import type { Node, Pod } from '#api/types/core.ts'
import { nodeChange } from '#scheduler/cluster-events.ts'
import { MAX_NODE_SCORE, type SchedulerPlugin } from '#scheduler/framework.ts'
import { allocatableOf, nonZeroRequestsOf, requestsOf } from '#scheduler/resources.ts'

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

  isHelpedBy(pod, event) {
    if (event.type === 'assigned-pod-deleted') return true
    if (event.type === 'assigned-pod-updated') return isScaledDown(pod, event.previous, event.pod)
    const change = nodeChange(event)
    return change !== undefined && isRoomier(pod, change.node, change.previous)
  },
}

/** A pod asks for less than before of something that `waiting` asks for. */
function isScaledDown(waiting: Pod, previous: Pod, pod: Pod): boolean {
  const [before, after] = [requestsOf(previous), requestsOf(pod)]
  return [...requestsOf(waiting)].some(
    ([name, amount]) => amount > 0 && (before.get(name) ?? 0) > (after.get(name) ?? 0),
  )
}

/** The node, were it empty, has room for the pod, and it is new or has more than before of what the pod asks for. */
function isRoomier(pod: Pod, node: Node, previous: Node | undefined): boolean {
  const [now, before] = [allocatableOf(node), previous && allocatableOf(previous)]
  const wanted = [...requestsOf(pod)].filter(([, amount]) => amount > 0)
  if (!(now.get('pods') ?? 0) || wanted.some(([name, amount]) => amount > (now.get(name) ?? 0))) return false
  const names = ['pods', ...wanted.map(([name]) => name)]
  return before === undefined || names.some((name) => (now.get(name) ?? 0) > (before.get(name) ?? 0))
}
