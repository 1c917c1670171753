// How many pods to create, or which to delete, so that as many run as are wanted. Pure.
//
// Upstream: pkg/controller/replicaset/replica_set.go (manageReplicas)

import type { Pod } from '#api/types/core.ts'
import { inDeletionOrder } from '#controllers/pods/deletion-order.ts'

/** At most so many pods are created or deleted at a time; the next pass does the rest. */
export const BURST_REPLICAS = 500

export interface ReplicaPlan {
  readonly create: number
  readonly remove: readonly Pod[]
}

/** `active` are the replicas there are, `related` those of all owners that serve the same purpose. */
export function planReplicas(
  wanted: number,
  active: readonly Pod[],
  related: readonly Pod[],
  nowMs: number,
): ReplicaPlan {
  const surplus = active.length - wanted
  if (surplus === 0) return { create: 0, remove: [] }
  if (surplus < 0) return { create: Math.min(-surplus, BURST_REPLICAS), remove: [] }
  const count = Math.min(surplus, BURST_REPLICAS)
  const ordered = count < active.length ? inDeletionOrder(active, related, nowMs) : active
  return { create: 0, remove: ordered.slice(0, count) }
}
