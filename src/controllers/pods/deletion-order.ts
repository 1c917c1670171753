// Which pods go first when there are too many: those whose loss hurts least.
//
// Not placed, not running, not ready, cheap by annotation, doubled up on a node, ready for a short time,
// restarted often, young. Times are compared by their logarithm, and equals by UID, so that among pods of
// about the same age the choice is spread. Upstream: pkg/controller/controller_utils.go (ActivePodsWithRanks)

import type { Pod } from '#api/types/core.ts'
import { isPodActive, isPodReady, readySinceMs } from '#controllers/pods/pod-state.ts'

const DELETION_COST = 'controller.kubernetes.io/pod-deletion-cost'
const PHASE_ORDER: Readonly<Record<string, number>> = { Pending: 0, Unknown: 1, Running: 2 }

/**
 * `pods` in the order in which they should go. `related` are all pods that are replicas of the same thing,
 * so that nodes with several of them are relieved first.
 */
export function inDeletionOrder(pods: readonly Pod[], related: readonly Pod[], nowMs: number): Pod[] {
  const perNode = new Map<string, number>()
  for (const pod of related) {
    const node = pod.spec?.nodeName ?? ''
    if (isPodActive(pod)) perNode.set(node, (perNode.get(node) ?? 0) + 1)
  }
  const rank = (pod: Pod): number => perNode.get(pod.spec?.nodeName ?? '') ?? 0
  return [...pods].sort((a, b) => compare(a, b, rank, nowMs))
}

/** The same for pods that are all alike: by placement, phase, readiness, restarts and exact times alone. */
export function leastUsefulFirst(pods: readonly Pod[]): Pod[] {
  return [...pods].sort(
    (a, b) =>
      falseFirst(isAssigned(a), isAssigned(b)) ||
      phaseOrder(a) - phaseOrder(b) ||
      falseFirst(isPodReady(a), isPodReady(b)) ||
      laterFirst(readySinceMs(a), readySinceMs(b)) ||
      restarts(b, false) - restarts(a, false) ||
      restarts(b, true) - restarts(a, true) ||
      laterFirst(createdMs(a), createdMs(b)),
  )
}

/** No time at all is the latest. */
function laterFirst(a: number | undefined, b: number | undefined): number {
  return (b ?? Number.POSITIVE_INFINITY) === (a ?? Number.POSITIVE_INFINITY)
    ? 0
    : (b ?? Number.POSITIVE_INFINITY) - (a ?? Number.POSITIVE_INFINITY)
}

function compare(a: Pod, b: Pod, rank: (pod: Pod) => number, nowMs: number): number {
  return (
    falseFirst(isAssigned(a), isAssigned(b)) ||
    phaseOrder(a) - phaseOrder(b) ||
    falseFirst(isPodReady(a), isPodReady(b)) ||
    deletionCost(a) - deletionCost(b) ||
    rank(b) - rank(a) ||
    shorterFirst(readySinceMs(a), readySinceMs(b), a, b, nowMs) ||
    restarts(b, false) - restarts(a, false) ||
    restarts(b, true) - restarts(a, true) ||
    shorterFirst(createdMs(a), createdMs(b), a, b, nowMs)
  )
}

const falseFirst = (a: boolean, b: boolean): number => Number(a) - Number(b)
const isAssigned = (pod: Pod): boolean => (pod.spec?.nodeName ?? '') !== ''
const phaseOrder = (pod: Pod): number => PHASE_ORDER[pod.status?.phase ?? ''] ?? 0

/** An annotation that is no plain integer counts as none. */
function deletionCost(pod: Pod): number {
  const text = pod.metadata?.annotations?.[DELETION_COST] ?? '0'
  const cost = Number(text)
  return /^(0|-?[1-9]\d*)$/.test(text) && cost >= -(2 ** 31) && cost < 2 ** 31 ? cost : 0
}

function createdMs(pod: Pod): number | undefined {
  return pod.metadata?.creationTimestamp ? Date.parse(pod.metadata.creationTimestamp) : undefined
}

/** The later time first, by orders of magnitude of its distance from now; no time at all is the latest. */
function shorterFirst(
  a: number | undefined,
  b: number | undefined,
  podA: Pod,
  podB: Pod,
  nowMs: number,
): number {
  if (a === b) return 0
  if (a === undefined) return -1
  if (b === undefined) return 1
  const difference = logarithmicAge(a, nowMs) - logarithmicAge(b, nowMs)
  if (difference !== 0) return difference
  return (podA.metadata?.uid ?? '') < (podB.metadata?.uid ?? '') ? -1 : 1
}

/** Of the age in nanoseconds, as upstream counts it. */
function logarithmicAge(sinceMs: number, nowMs: number): number {
  const age = (nowMs - sinceMs) * 1e6
  return age > 0 ? Math.trunc(Math.log2(age)) : -1
}

/** The most restarts of any container, or of any sidecar. */
function restarts(pod: Pod, ofSidecars: boolean): number {
  if (!ofSidecars) return mostRestarts(pod.status?.containerStatuses)
  const sidecars = new Set(
    (pod.spec?.initContainers ?? []).flatMap(({ name, restartPolicy }) =>
      restartPolicy === 'Always' ? [name] : [],
    ),
  )
  return mostRestarts(pod.status?.initContainerStatuses?.filter(({ name }) => sidecars.has(name)))
}

const mostRestarts = (statuses: readonly { restartCount: number }[] | undefined): number =>
  Math.max(0, ...(statuses ?? []).map((status) => status.restartCount))
