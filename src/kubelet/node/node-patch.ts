// The difference between two node statuses as a strategic merge patch. Pure.
//
// Addresses and conditions merge by type at the server; images are one list. Fields that others write (attached
// volumes, extended resources, their conditions) are never in it.

import type { NodeCondition, NodeStatus } from '#api/types/core.ts'
import { sameJson } from '#kubelet/status/status-patch.ts'

const OWN_FIELDS = [
  'capacity',
  'allocatable',
  'daemonEndpoints',
  'nodeInfo',
  'images',
  'runtimeHandlers',
  'features',
] as const satisfies readonly (keyof NodeStatus)[]

export function statusDifference(old: NodeStatus, next: NodeStatus): Record<string, unknown> {
  const patch: Record<string, unknown> = {}
  for (const field of OWN_FIELDS) if (!sameJson(old[field], next[field])) patch[field] = next[field] ?? null
  if (!sameJson(old.addresses, next.addresses)) {
    patch['addresses'] = [...(next.addresses ?? []), { $patch: 'replace' }]
  }
  const changed = (next.conditions ?? []).filter((condition) => !sameJson(condition, before(old, condition)))
  if (changed.length > 0) {
    patch['conditions'] = changed
    patch['$setElementOrder/conditions'] = (next.conditions ?? []).map(({ type }) => ({ type }))
  }
  return patch
}

function before(old: NodeStatus, condition: NodeCondition): NodeCondition | undefined {
  return old.conditions?.find(({ type }) => type === condition.type)
}
