// Two pods on one node cannot use the same host port on the same address.
// Upstream: pkg/scheduler/framework/plugins/nodeports

import { rejected, type SchedulerPlugin } from '#scheduler/framework.ts'
import { hostPortsOf, type UsedPort } from '#scheduler/snapshot.ts'

const conflicts = (a: UsedPort, b: UsedPort): boolean =>
  a.port === b.port &&
  a.protocol === b.protocol &&
  (a.hostIP === b.hostIP || a.hostIP === '0.0.0.0' || b.hostIP === '0.0.0.0')

export const nodePorts: SchedulerPlugin = {
  name: 'NodePorts',
  preFilter(pod, _snapshot, state) {
    state.set('NodePorts', [...hostPortsOf(pod)])
    return undefined
  },
  filter(_pod, node, state) {
    const wanted = state.get('NodePorts') as readonly UsedPort[]
    if (wanted.length === 0) return undefined
    for (const used of node.usedPorts()) {
      if (wanted.some((port) => conflicts(port, used))) {
        return rejected("node(s) didn't have free ports for the requested pod ports")
      }
    }
    return undefined
  },
  isHelpedBy(pod, event) {
    if (event.type !== 'assigned-pod-deleted') return event.type === 'node-added'
    const wanted = [...hostPortsOf(pod)]
    return [...hostPortsOf(event.pod)].some((used) => wanted.some((port) => conflicts(port, used)))
  },
}
