// Pods whose gates are not all lifted stay out of the queue.
// Upstream: pkg/scheduler/framework/plugins/schedulinggates (KEP-3521)

import type { SchedulerPlugin } from '#scheduler/framework.ts'

export const schedulingGates: SchedulerPlugin = {
  name: 'SchedulingGates',
  preEnqueue(pod) {
    const gates = pod.spec?.schedulingGates ?? []
    if (gates.length === 0) return undefined
    return `waiting for scheduling gates: [${gates.map((gate) => gate.name).join(' ')}]`
  },
}
