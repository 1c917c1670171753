// Taints keep pods away that do not tolerate them; soft taints only make a node less liked.
// Upstream: pkg/scheduler/framework/plugins/tainttoleration

import { tolerates, toleratesAll } from '#api/meta/tolerations.ts'
import type { Node, Pod } from '#api/types/core.ts'
import { nodeChange } from '#scheduler/cluster-events.ts'
import { normalizeByMaximum, type SchedulerPlugin, unresolvable } from '#scheduler/framework.ts'

export const taintToleration: SchedulerPlugin = {
  name: 'TaintToleration',
  weight: 3,
  filter(pod, node) {
    const isTolerated = !node.node || isTolerable(pod, node.node)
    return isTolerated ? undefined : unresolvable('node(s) had untolerated taint(s)')
  },
  /** The number of soft taints that the pod does not tolerate. */
  score(pod, node) {
    const tolerations = (pod.spec?.tolerations ?? []).filter(
      (toleration) => !toleration.effect || toleration.effect === 'PreferNoSchedule',
    )
    return (node.node?.spec?.taints ?? []).filter(
      (taint) =>
        taint.effect === 'PreferNoSchedule' &&
        !tolerations.some((toleration) => tolerates(toleration, taint)),
    ).length
  },
  normalize: (scores) => normalizeByMaximum(scores, true),
  isHelpedBy(pod, event) {
    const change = nodeChange(event)
    if (!change || !isTolerable(pod, change.node)) return false
    return change.previous === undefined || !isTolerable(pod, change.previous)
  },
}

const isTolerable = (pod: Pod, node: Node): boolean =>
  toleratesAll(pod.spec?.tolerations ?? [], node.spec?.taints ?? [], ['NoSchedule', 'NoExecute'])
