// Whether a change of a pod in the API gives its worker something to do. Pure.
//
// Most changes are the kubelet's own: each status that it writes comes back by the watch, several for each pod that
// starts. A sync for each of them would only find out that nothing is to be done.
// Upstream: pkg/kubelet/config/config.go (podsDifferSemantically)

import type { Pod } from '#api/types/core.ts'
import { sameJson } from '#kubelet/status/status-patch.ts'

/** Fields of the metadata that the kubelet acts on, or that pods see of themselves. */
const METADATA = ['uid', 'labels', 'annotations', 'deletionTimestamp', 'deletionGracePeriodSeconds'] as const

export function asksForWork(before: Pod, after: Pod): boolean {
  if (METADATA.some((field) => !sameJson(before.metadata?.[field], after.metadata?.[field]))) return true
  if (!sameJson(before.spec, after.spec)) return true
  // A phase that somebody else has ended, conditions that readiness waits for.
  if (before.status?.phase !== after.status?.phase) return true
  return after.spec?.readinessGates !== undefined && gatesDiffer(before, after)
}

function gatesDiffer(before: Pod, after: Pod): boolean {
  const statusOf = (pod: Pod, type: string): string | undefined =>
    pod.status?.conditions?.find((condition) => condition.type === type)?.status
  return (after.spec?.readinessGates ?? []).some(
    ({ conditionType }) => statusOf(before, conditionType) !== statusOf(after, conditionType),
  )
}
