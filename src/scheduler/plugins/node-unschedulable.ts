// A cordoned node takes no pods but those that tolerate it.
// Upstream: pkg/scheduler/framework/plugins/nodeunschedulable

import { tolerates } from '#api/meta/tolerations.ts'
import { nodeChange } from '#scheduler/cluster-events.ts'
import { type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'

const TAINT = { key: 'node.kubernetes.io/unschedulable', effect: 'NoSchedule' }

export const nodeUnschedulable: SchedulerPlugin = {
  name: 'NodeUnschedulable',
  filter(pod, node) {
    if (!node.node?.spec?.unschedulable) return undefined
    const isTolerated = (pod.spec?.tolerations ?? []).some((toleration) => tolerates(toleration, TAINT))
    return isTolerated ? undefined : unresolvable('node(s) were unschedulable')
  },
  isHelpedBy(_pod, event) {
    const change = nodeChange(event)
    if (!change || change.node.spec?.unschedulable) return false
    return change.previous === undefined || change.previous.spec?.unschedulable === true
  },
}
