// When each node was last heard of, by our own clock: a new lease, or a new heartbeat in its status.
//
// Clocks of machines need not agree: what counts is when a change was seen here, never the time in it.
// Upstream: pkg/controller/nodelifecycle (nodeHealthMap)

import type { Lease } from '#api/types/coordination.ts'
import type { Node } from '#api/types/core.ts'
import { nodeCondition } from '#controllers/node-lifecycle/status.ts'

/** A kubelet that was heard of once has so long to speak again; a new node has a little longer. */
export const MONITOR_GRACE_MS = 50_000
export const STARTUP_GRACE_MS = 60_000

interface Health {
  seenAt: number
  heartbeat: string | undefined
  renewTime: string | undefined
}

export class NodeHealth {
  readonly #byNode = new Map<string, Health>()

  /** Takes note of what is in the caches; a node that is new to us was heard of now. */
  observe(node: Node, lease: Lease | undefined, nowMs: number): void {
    const name = node.metadata?.name ?? ''
    const heartbeat = nodeCondition(node, 'Ready')?.lastHeartbeatTime
    const health = this.#byNode.get(name)
    if (!health) {
      this.#byNode.set(name, { seenAt: nowMs, heartbeat, renewTime: lease?.spec?.renewTime })
      return
    }
    if (health.heartbeat !== heartbeat) {
      health.heartbeat = heartbeat
      health.seenAt = nowMs
    }
    if (lease) this.#observeLease(health, lease, nowMs)
  }

  /** The same for a lease alone; false for a node that is not known yet. */
  observeLease(lease: Lease, nowMs: number): boolean {
    const health = this.#byNode.get(lease.metadata?.name ?? '')
    if (health) this.#observeLease(health, lease, nowMs)
    return health !== undefined
  }

  /** How long the node may still be silent; 0 or less means that it has been for too long. */
  remainingMs(node: Node, nowMs: number): number {
    const health = this.#byNode.get(node.metadata?.name ?? '')
    const grace = nodeCondition(node, 'Ready') ? MONITOR_GRACE_MS : STARTUP_GRACE_MS
    return (health?.seenAt ?? nowMs) + grace - nowMs
  }

  /** All nodes get a new chance. */
  forgive(nowMs: number): void {
    for (const health of this.#byNode.values()) health.seenAt = nowMs
  }

  forget(name: string): void {
    this.#byNode.delete(name)
  }

  #observeLease(health: Health, lease: Lease, nowMs: number): void {
    const { renewTime } = lease.spec ?? {}
    if (renewTime === undefined || (health.renewTime !== undefined && renewTime <= health.renewTime)) return
    health.renewTime = renewTime
    health.seenAt = nowMs
  }
}
