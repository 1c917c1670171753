// A pod is liked where it makes the use of CPU and memory more even: a node whose memory is full while its CPU idles is
// wasted. What counts is how much better or worse the balance gets, not how good it is: an even node gains nothing by a pod
// that is as even. Upstream: pkg/scheduler/framework/plugins/noderesources/balanced_allocation.go

import type { Pod } from '#api/types/core.ts'
import { MAX_NODE_SCORE, type SchedulerPlugin } from '#scheduler/framework.ts'
import { requestsOf } from '#scheduler/resources.ts'
import type { NodeInfo } from '#scheduler/snapshot.ts'

const HALF = MAX_NODE_SCORE / 2

export const balancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  /** Pods that ask for nothing are left out, else they would all gather on one node. */
  score(pod, node) {
    const requests = requestsOf(pod)
    if (!requests.get('cpu') && !requests.get('memory')) return 0
    return HALF + Math.trunc((HALF + balance(node, pod) - balance(node, undefined)) / 2)
  },
}

/** How even the use of a node is, or would be with a pod more: 100 is perfectly even. */
function balance(node: NodeInfo, pod: Pod | undefined): number {
  const [cpu, memory] = [usedShare(node, pod, 'cpu'), usedShare(node, pod, 'memory')]
  const deviation = cpu === undefined || memory === undefined ? 0 : Math.abs(cpu - memory) / 2
  return Math.trunc((1 - deviation) * MAX_NODE_SCORE)
}

/** Undefined for what the node does not have. */
function usedShare(node: NodeInfo, pod: Pod | undefined, name: string): number | undefined {
  const capacity = node.allocatable.get(name) ?? 0
  if (capacity === 0) return undefined
  const used = (node.requested.get(name) ?? 0) + ((pod && requestsOf(pod).get(name)) ?? 0)
  return Math.min(1, used / capacity)
}
