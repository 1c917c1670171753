// Sets a condition of a pod the way the API server does: the time moves only when the status does.
//
// Upstream: pkg/api/v1/pod/util.go (UpdatePodCondition)

import type { JsonObject } from '#api/meta/object.ts'

export interface PodCondition {
  readonly type: string
  readonly status: string
  readonly reason?: string
  readonly message?: string
}

/** Changes `status.conditions` in place; `now` is RFC 3339. */
export function setCondition(status: JsonObject, condition: PodCondition, now: string): void {
  const conditions = ((status['conditions'] ?? []) as JsonObject[]).slice()
  const position = conditions.findIndex((existing) => existing['type'] === condition.type)
  const existing = conditions[position]
  const isSameStatus = existing?.['status'] === condition.status
  const next: JsonObject = {
    type: condition.type,
    status: condition.status,
    lastProbeTime: null,
    lastTransitionTime: isSameStatus ? existing['lastTransitionTime'] : now,
    ...(condition.reason && { reason: condition.reason }),
    ...(condition.message && { message: condition.message }),
  }
  if (existing) conditions[position] = next
  else conditions.push(next)
  status['conditions'] = conditions
}

/** The status of a draft, made when it has none. */
export function statusOf(draft: JsonObject): JsonObject {
  draft['status'] ??= {}
  return draft['status'] as JsonObject
}
