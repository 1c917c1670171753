// The status of a DaemonSet: on how many nodes a pod should be, is, is ready, is new. Pure.
//
// Upstream: pkg/controller/daemon/daemon_controller.go (updateDaemonSetStatus, storeDaemonSetStatus)

import type { DaemonSet, DaemonSetStatus } from '#api/types/apps.ts'
import { byScheduledAndAge, isUpdated, placementOn } from '#controllers/daemonset/placement.ts'
import type { DaemonInput } from '#controllers/daemonset/plan.ts'
import { isPodAvailable, isPodReady } from '#controllers/pods/pod-state.ts'

/** Counts of 0 are left out where the API leaves them out. `observes`: the pods follow from this generation. */
export function daemonSetStatus(input: DaemonInput, observes: boolean): DaemonSetStatus {
  const { set, nodes, podsByNode, hash, nowMs } = input
  const count = { desired: 0, current: 0, misscheduled: 0, ready: 0, updated: 0, available: 0 }
  for (const node of nodes) {
    const { shouldRun } = placementOn(set, node)
    const [pod] = [...(podsByNode.get(node.metadata?.name ?? '') ?? [])].sort(byScheduledAndAge)
    if (!shouldRun) {
      if (pod) count.misscheduled++
      continue
    }
    count.desired++
    if (!pod) continue
    count.current++
    if (isPodReady(pod)) count.ready++
    if (isPodAvailable(pod, set.spec?.minReadySeconds ?? 0, nowMs)) count.available++
    if (isUpdated(set, pod, hash)) count.updated++
  }
  const unavailable = count.desired - count.available
  const { collisionCount, conditions, observedGeneration } = set.status ?? {}
  const generation = observes ? set.metadata?.generation : observedGeneration
  return {
    currentNumberScheduled: count.current,
    numberMisscheduled: count.misscheduled,
    desiredNumberScheduled: count.desired,
    numberReady: count.ready,
    ...(generation !== undefined && { observedGeneration: generation }),
    ...(count.updated > 0 && { updatedNumberScheduled: count.updated }),
    ...(count.available > 0 && { numberAvailable: count.available }),
    ...(unavailable > 0 && { numberUnavailable: unavailable }),
    ...(collisionCount !== undefined && { collisionCount }),
    ...(conditions && { conditions }),
  }
}

export function isStatusNews({ status, metadata }: DaemonSet, next: DaemonSetStatus): boolean {
  const differs = (name: keyof DaemonSetStatus): boolean => (status?.[name] ?? 0) !== (next[name] ?? 0)
  return (
    differs('desiredNumberScheduled') ||
    differs('currentNumberScheduled') ||
    differs('numberMisscheduled') ||
    differs('numberReady') ||
    differs('updatedNumberScheduled') ||
    differs('numberAvailable') ||
    differs('numberUnavailable') ||
    (status?.observedGeneration ?? 0) < (metadata?.generation ?? 0)
  )
}
