// The taints and labels that follow from a node's conditions. Pure.
//
// NoSchedule taints mirror the conditions one to one. NoExecute taints drive pods away, and are therefore held
// back by the zone's limiter. Upstream: pkg/controller/nodelifecycle/node_lifecycle_controller.go

import type { Node, Taint } from '#api/types/core.ts'
import { nodeCondition } from '#controllers/node-lifecycle/status.ts'
import { formatTime } from '#sys/clock.ts'

export const NOT_READY = 'node.kubernetes.io/not-ready'
export const UNREACHABLE = 'node.kubernetes.io/unreachable'
const UNSCHEDULABLE = 'node.kubernetes.io/unschedulable'

/** Which status of which condition means which taint. */
const TAINT_OF_CONDITION: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  Ready: { False: NOT_READY, Unknown: UNREACHABLE },
  MemoryPressure: { True: 'node.kubernetes.io/memory-pressure' },
  DiskPressure: { True: 'node.kubernetes.io/disk-pressure' },
  NetworkUnavailable: { True: 'node.kubernetes.io/network-unavailable' },
  PIDPressure: { True: 'node.kubernetes.io/pid-pressure' },
}

const OWN_KEYS: ReadonlySet<string> = new Set([
  UNSCHEDULABLE,
  ...Object.values(TAINT_OF_CONDITION).flatMap((byStatus) => Object.values(byStatus)),
])

/** What is to happen to the node's NoExecute taints. */
export type Eviction = 'keep' | 'begin' | 'end'

/**
 * Whether pods have to leave the node now (`begin`, by the zone's leave), may stay again (`end`), or nothing
 * changes. Turning one reason into the other is no new eviction, and needs nobody's leave.
 */
export function evictionOf(node: Node): Eviction {
  const status = nodeCondition(node, 'Ready')?.status
  const has = (node.spec?.taints ?? []).some(isEvicting)
  if (status === 'True') return has ? 'end' : 'keep'
  return status !== undefined && !has ? 'begin' : 'keep'
}

export const isEvicting = ({ key, effect }: Taint): boolean =>
  effect === 'NoExecute' && (key === NOT_READY || key === UNREACHABLE)

/** The node's taints as they should be; undefined when they are so. `evict` says what to do about NoExecute. */
export function planTaints(node: Node, evict: Eviction, nowMs: number): readonly Taint[] | undefined {
  const current = node.spec?.taints ?? []
  const wanted = [...wantedNoSchedule(node), ...wantedNoExecute(node, evict)]
  const isOwn = (taint: Taint): boolean =>
    (taint.effect === 'NoSchedule' && OWN_KEYS.has(taint.key)) || isEvicting(taint)
  const isIn = (taint: Taint, taints: readonly { key: string; effect: string }[]): boolean =>
    taints.some(({ key, effect }) => key === taint.key && effect === taint.effect)
  const kept = current.filter((taint) => !isOwn(taint) || isIn(taint, wanted))
  const added = wanted.filter((taint) => !isIn(taint, current))
  if (kept.length === current.length && added.length === 0) return undefined
  return [...kept, ...added.map((taint) => ({ ...taint, timeAdded: formatTime(nowMs) }))]
}

function wantedNoSchedule(node: Node): readonly Taint[] {
  const keys = (node.status?.conditions ?? []).flatMap(
    ({ type, status }) => TAINT_OF_CONDITION[type]?.[status] ?? [],
  )
  if (node.spec?.unschedulable) keys.push(UNSCHEDULABLE)
  return keys.map((key) => ({ key, effect: 'NoSchedule' }))
}

function wantedNoExecute(node: Node, evict: Eviction): readonly Taint[] {
  const current = (node.spec?.taints ?? []).filter(isEvicting)
  if (evict === 'end' || (evict === 'keep' && current.length === 0)) return []
  const status = nodeCondition(node, 'Ready')?.status
  const key = status === undefined ? undefined : TAINT_OF_CONDITION['Ready']?.[status]
  return key === undefined ? current : [{ key, effect: 'NoExecute' }]
}

/** Labels that old programs look for, each a copy of a stable one. */
const COPIED_LABELS = [
  ['kubernetes.io/os', 'beta.kubernetes.io/os'],
  ['kubernetes.io/arch', 'beta.kubernetes.io/arch'],
] as const

/** The labels to set; undefined when all are right. */
export function planLabels(node: Node): Readonly<Record<string, string>> | undefined {
  const labels = node.metadata?.labels ?? {}
  const wrong = COPIED_LABELS.flatMap(([from, to]) => {
    const value = labels[from]
    return value === undefined || labels[to] === value ? [] : [[to, value] as const]
  })
  return wrong.length > 0 ? Object.fromEntries(wrong) : undefined
}
