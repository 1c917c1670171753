// A pod that names its node goes there or nowhere. Upstream: pkg/scheduler/framework/plugins/nodename

import { type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'

export const nodeName: SchedulerPlugin = {
  name: 'NodeName',
  filter(pod, node) {
    const wanted = pod.spec?.nodeName
    return !wanted || wanted === node.name
      ? undefined
      : unresolvable("node(s) didn't match the requested node name")
  },
  isHelpedBy: (_pod, event) => event.type === 'node-added',
}
