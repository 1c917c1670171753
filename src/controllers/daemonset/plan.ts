// Which pods of a DaemonSet are missing, and which are too many. Pure.
//
//   each node: should a pod be there? ─▶ create │ keep one │ delete the failed, the ended, the superfluous
//
// Upstream: pkg/controller/daemon/daemon_controller.go (manage, podsShouldBeOnNode)

import { scaledValue } from '#api/meta/int-or-string.ts'
import type { DaemonSet } from '#api/types/apps.ts'
import type { Node, Pod } from '#api/types/core.ts'
import { byScheduledAndAge, HASH_LABEL, placementOn, targetNodeOf } from '#controllers/daemonset/placement.ts'
import { isPodAvailable, isPodReady, isPodTerminal } from '#controllers/pods/pod-state.ts'

export interface DaemonInput {
  readonly set: DaemonSet
  readonly nodes: readonly Node[]
  readonly podsByNode: ReadonlyMap<string, readonly Pod[]>
  /** Names the present template. */
  readonly hash: string
  readonly nowMs: number
}

export interface DaemonPlan {
  /** Names of nodes that need a pod. */
  readonly create: readonly string[]
  readonly remove: readonly Pod[]
  /** Failed ones, to be deleted when their node's backoff allows it. */
  readonly failed: readonly Pod[]
}

/** The pods of each node; those that have ended and are being deleted do not count. */
export function groupByNode(pods: readonly Pod[]): ReadonlyMap<string, readonly Pod[]> {
  const byNode = new Map<string, Pod[]>()
  for (const pod of pods) {
    if (isPodTerminal(pod) && isLeaving(pod)) continue
    const node = targetNodeOf(pod)
    if (node === undefined) continue
    const list = byNode.get(node)
    if (list) list.push(pod)
    else byNode.set(node, [pod])
  }
  return byNode
}

export const isLeaving = (pod: Pod): boolean => pod.metadata?.deletionTimestamp !== undefined

export function allowsSurge({ spec }: DaemonSet): boolean {
  const { type, rollingUpdate } = spec?.updateStrategy ?? {}
  return type === 'RollingUpdate' && (scaledValue(rollingUpdate?.maxSurge ?? 0, 1, true) ?? 0) > 0
}

export function planDaemons(input: DaemonInput): DaemonPlan {
  const { set, nodes, podsByNode } = input
  const create: string[] = []
  const remove: Pod[] = []
  const failed: Pod[] = []
  for (const node of nodes) {
    const name = node.metadata?.name ?? ''
    const { shouldRun, shouldStay } = placementOn(set, node)
    const pods = podsByNode.get(name)
    if (shouldRun && !pods) {
      create.push(name)
    } else if (shouldStay) {
      const staying = (pods ?? []).filter((pod) => !isLeaving(pod))
      failed.push(...staying.filter(({ status }) => status?.phase === 'Failed'))
      remove.push(...staying.filter(({ status }) => status?.phase === 'Succeeded'))
      const running = staying.filter((pod) => !isPodTerminal(pod)).sort(byScheduledAndAge)
      if (allowsSurge(set) && running.length === 0 && shouldRun) create.push(name)
      remove.push(...superfluous(input, running))
    } else {
      remove.push(...(pods ?? []).filter((pod) => !isLeaving(pod)))
    }
  }
  return { create, remove: [...remove, ...withoutNode(input)], failed }
}

/** All but the oldest; with surge an old and a new one may be there until the new one can take over. */
function superfluous({ set, hash, nowMs }: DaemonInput, running: readonly Pod[]): readonly Pod[] {
  if (running.length <= 1) return []
  if (!allowsSurge(set)) return running.slice(1)
  const isNew = (pod: Pod): boolean => pod.metadata?.labels?.[HASH_LABEL] === hash
  const fresh = running.find(isNew)
  const old = running.find((pod) => !isNew(pod))
  const others = running.filter((pod) => pod !== fresh && pod !== old)
  if (!fresh || !old) return others
  const isReplaced = !isPodReady(old) || isPodAvailable(fresh, set.spec?.minReadySeconds ?? 0, nowMs)
  return isReplaced ? [...others, old] : others
}

/** Made for a node that is gone: never scheduled, so nobody else deletes them. */
function withoutNode({ nodes, podsByNode }: DaemonInput): readonly Pod[] {
  const names = new Set(nodes.map(({ metadata }) => metadata?.name))
  return [...podsByNode].flatMap(([name, pods]) =>
    names.has(name) ? [] : pods.filter(({ spec }) => !spec?.nodeName),
  )
}
