// The conditions of a node whose kubelet has fallen silent. Pure.
//
// Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go (tryUpdateNodeHealth)

import type { Node, NodeCondition } from '#api/types/core.ts'
import { formatTime } from '#sys/clock.ts'

/** What a kubelet reports and a silent one does not. */
const KUBELET_CONDITIONS = ['Ready', 'MemoryPressure', 'DiskPressure', 'PIDPressure']

export function nodeCondition(node: Node, type: string): NodeCondition | undefined {
  return node.status?.conditions?.find((condition) => condition.type === type)
}

/** The conditions when nothing is known any more; the very list that is there when it says so already. */
export function silentConditions(node: Node, nowMs: number): readonly NodeCondition[] {
  const current = node.status?.conditions ?? []
  const conditions = current.map((condition) =>
    KUBELET_CONDITIONS.includes(condition.type) && condition.status !== 'Unknown'
      ? {
          ...condition,
          status: 'Unknown',
          reason: 'NodeStatusUnknown',
          message: 'Kubelet stopped posting node status.',
          lastTransitionTime: formatTime(nowMs),
        }
      : condition,
  )
  const missing = KUBELET_CONDITIONS.filter((type) => !nodeCondition(node, type)).map((type) => ({
    type,
    status: 'Unknown',
    reason: 'NodeStatusNeverUpdated',
    message: 'Kubelet never posted node status.',
    ...(node.metadata?.creationTimestamp && { lastHeartbeatTime: node.metadata.creationTimestamp }),
    lastTransitionTime: formatTime(nowMs),
  }))
  const isChanged = missing.length > 0 || conditions.some((condition, i) => condition !== current[i])
  return isChanged ? [...conditions, ...missing] : current
}
