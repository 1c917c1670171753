// Of two nodes with room, the one is liked better on which CPU and memory would be used evenly: a node whose
// memory is full while its CPU idles is wasted. Upstream: …/noderesources/balanced_allocation.go

import { MAX_NODE_SCORE, type SchedulerPlugin } from '#scheduler/framework.ts'
import { usedShares } from '#scheduler/plugins/resources-fit.ts'
import { requestsOf } from '#scheduler/resources.ts'

export const balancedAllocation: SchedulerPlugin = {
  name: 'NodeResourcesBalancedAllocation',
  weight: 1,
  /** Pods that ask for nothing are left out, else they would all gather on one node. */
  score(pod, node) {
    const requests = requestsOf(pod)
    if (!requests.get('cpu') && !requests.get('memory')) return 0
    return Math.floor((1 - standardDeviation(usedShares(pod, node))) * MAX_NODE_SCORE)
  },
}

function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length)
}
