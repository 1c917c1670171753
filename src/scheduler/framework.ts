// The extension points of the scheduler: what a plugin may say, and when.
//
//   queue ▶ preEnqueue ▶ preFilter ▶ filter (each node) ▶ postFilter (nothing fits) ▶ score ▶ reserve ▶ bind
//
// A plugin is one file with one exported object. Hooks are pure: they judge a pod against a snapshot of the
// cluster and keep nothing; what preFilter computes for all nodes goes into the cycle's state.
// Upstream: pkg/scheduler/framework. Left out: permit, preBind and postBind hooks (nothing here needs them).

import type { Pod } from '#api/types/core.ts'
import type { ClusterEvent } from '#scheduler/cluster-events.ts'
import type { NodeInfo, Snapshot } from '#scheduler/snapshot.ts'

/** Why a node (or, from preFilter, the whole cluster) does not do for a pod. */
export interface Rejection {
  /** `Insufficient cpu`, `node(s) had untolerated taint(s)`: counted over nodes in the message. */
  readonly reasons: readonly string[]
  /** Evicting pods could not help: the node itself is wrong. */
  readonly isUnresolvable: boolean
}

/** What preFilter may say for the whole cluster. */
export type PreFilterResult =
  | undefined
  /** No node can do; the reason stands alone in the message. */
  | { readonly reject: Rejection }
  /** Only these nodes need to be looked at. */
  | { readonly nodeNames: ReadonlySet<string> }

/** What a plugin computes once for a pod and reads again for each node. */
export type CycleState = Map<string, unknown>

export interface SchedulerPlugin {
  /** Upstream's name: it appears in metrics and in the queue's hints. */
  readonly name: string
  /** A message keeps the pod out of the queue until it changes. */
  preEnqueue?(pod: Pod): string | undefined
  preFilter?(pod: Pod, snapshot: Snapshot, state: CycleState): PreFilterResult
  filter?(pod: Pod, node: NodeInfo, state: CycleState): Rejection | undefined
  /** `feasible`: the nodes that are left, and will be compared. */
  preScore?(pod: Pod, snapshot: Snapshot, state: CycleState, feasible: readonly NodeInfo[]): void
  /** Any number; `normalize` brings all nodes' scores into 0..100. */
  score?(pod: Pod, node: NodeInfo, state: CycleState): number
  normalize?(scores: number[]): void
  readonly weight?: number
  /** Could this event make a pod fit that this plugin rejected? Absent: any event could. */
  isHelpedBy?(pod: Pod, event: ClusterEvent): boolean
}

export const MAX_NODE_SCORE = 100

export const rejected = (...reasons: readonly string[]): Rejection => ({ reasons, isUnresolvable: false })
export const unresolvable = (...reasons: readonly string[]): Rejection => ({ reasons, isUnresolvable: true })

/** Scales scores so that the highest is 100; `isReversed` makes the highest the worst. */
export function normalizeByMaximum(scores: number[], isReversed: boolean): void {
  const most = Math.max(0, ...scores)
  for (let i = 0; i < scores.length; i++) {
    const share = most === 0 ? 0 : Math.floor((MAX_NODE_SCORE * (scores[i] ?? 0)) / most)
    scores[i] = isReversed ? MAX_NODE_SCORE - share : share
  }
}
