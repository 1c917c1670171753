// Replacing old pods of a DaemonSet by new ones, within `maxUnavailable` or `maxSurge`. Pure.
//
// Without surge an old pod is deleted first, and its successor is created when it is gone; with surge the
// successor comes first. An old pod that does not work anyway is replaced at once, it makes nothing worse.
// Upstream: pkg/controller/daemon/update.go (rollingUpdate)

import { scaledValue } from '#api/meta/int-or-string.ts'
import type { Node, Pod } from '#api/types/core.ts'
import { isUpdated, placementOn } from '#controllers/daemonset/placement.ts'
import { type DaemonInput, isLeaving } from '#controllers/daemonset/plan.ts'
import { isPodAvailable } from '#controllers/pods/pod-state.ts'

export interface RolloutPlan {
  readonly remove: readonly Pod[]
  /** Nodes that get a second pod. */
  readonly create: readonly string[]
}

export function planRollout(input: DaemonInput): RolloutPlan {
  const { type, rollingUpdate } = input.set.spec?.updateStrategy ?? {}
  if (type !== 'RollingUpdate') return { remove: [], create: [] }
  const wanted = input.nodes.filter((node) => placementOn(input.set, node).shouldRun)
  const limit = (value: number | string): number => scaledValue(value, wanted.length, true) ?? 0
  const maxSurge = limit(rollingUpdate?.maxSurge ?? 0)
  if (maxSurge > 0) return surge(input, wanted, maxSurge)
  return replace(
    input,
    wanted,
    Math.max(limit(rollingUpdate?.maxUnavailable ?? 1), wanted.length > 0 ? 1 : 0),
  )
}

interface NodePods {
  readonly node: string
  /** Several of one kind: not to be touched until the superfluous ones are gone. */
  readonly isMessy: boolean
  readonly fresh: Pod | undefined
  readonly old: Pod | undefined
}

/** What there is on each node that has, or should have, a pod. */
function survey({ set, podsByNode, hash }: DaemonInput, wanted: readonly Node[]): readonly NodePods[] {
  const names = new Set([...wanted.map(({ metadata }) => metadata?.name ?? ''), ...podsByNode.keys()])
  return [...names].map((node) => {
    const pods = (podsByNode.get(node) ?? []).filter((pod) => !isLeaving(pod))
    const fresh = pods.filter((pod) => isUpdated(set, pod, hash))
    const old = pods.filter((pod) => !isUpdated(set, pod, hash))
    return { node, isMessy: fresh.length > 1 || old.length > 1, fresh: fresh[0], old: old[0] }
  })
}

function availability({ set, nowMs }: DaemonInput): (pod: Pod) => boolean {
  return (pod) => isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)
}

function replace(input: DaemonInput, wanted: readonly Node[], maxUnavailable: number): RolloutPlan {
  const isAvailable = availability(input)
  let unavailable = 0
  const broken: Pod[] = []
  const candidates: Pod[] = []
  for (const { isMessy, fresh, old } of survey(input, wanted)) {
    if (isMessy || (fresh === undefined) === (old === undefined)) {
      unavailable++
    } else if (fresh) {
      if (!isAvailable(fresh)) unavailable++
    } else if (old && !isAvailable(old)) {
      broken.push(old)
      unavailable++
    } else if (old) {
      candidates.push(old)
    }
  }
  const room = Math.max(0, maxUnavailable - unavailable)
  return { remove: [...broken, ...candidates.slice(0, room)], create: [] }
}

function surge(input: DaemonInput, wanted: readonly Node[], maxSurge: number): RolloutPlan {
  const isAvailable = availability(input)
  const isWanted = new Set(wanted.map(({ metadata }) => metadata?.name))
  let surging = 0
  let available = 0
  const remove: Pod[] = []
  const misplaced: Pod[] = []
  const broken: string[] = []
  const candidates: string[] = []
  for (const { node, isMessy, fresh, old } of survey(input, wanted)) {
    if (isMessy) {
      surging++
      continue
    }
    const present = old ?? fresh
    if (present && isAvailable(present)) available++
    if (!old) continue
    if (fresh) {
      if (isAvailable(fresh)) remove.push(old)
      else surging++
    } else if (!isWanted.has(node)) {
      ;(isAvailable(old) ? misplaced : remove).push(old)
    } else {
      ;(isAvailable(old) ? candidates : broken).push(node)
    }
  }
  // One that is in the wrong place leaves only when there are enough in the right ones.
  const spare = Math.max(0, available - wanted.length)
  const room = Math.max(0, maxSurge - surging)
  return {
    remove: [...remove, ...misplaced.slice(0, spare)],
    create: [...broken, ...candidates.slice(0, room)],
  }
}
