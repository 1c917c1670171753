// The status of a StatefulSet: how many of its pods are there, ready, old and new. Pure.
//
// Upstream: pkg/controller/statefulset/stateful_set_control.go (updateStatus, completeRollingUpdate)

import type { StatefulSet, StatefulSetStatus } from '#api/types/apps.ts'
import type { Pod } from '#api/types/core.ts'
import { isPodAvailable, isPodReady } from '#controllers/pods/pod-state.ts'
import { ordinalOf, revisionOf, wantedReplicas } from '#controllers/statefulset/identity.ts'

export interface StatefulStatusInput {
  readonly set: StatefulSet
  readonly pods: readonly Pod[]
  readonly currentRevision: string
  readonly updateRevision: string
  readonly collisionCount: number
  /** Pods that were just deleted so that their successors come from the new revision. */
  readonly replaced: number
  readonly nowMs: number
}

/** Counts of 0 are left out where the API leaves them out. */
export function statefulSetStatus(input: StatefulStatusInput): StatefulSetStatus {
  const { set, currentRevision, updateRevision, collisionCount, nowMs } = input
  const minReadySeconds = set.spec?.minReadySeconds ?? 0
  const pods = input.pods.filter((pod) => ordinalOf(set.metadata?.name ?? '', pod) !== undefined)
  const count = (holds: (pod: Pod) => boolean): number => pods.filter(holds).length
  const isReady = (pod: Pod): boolean => pod.status?.phase === 'Running' && isPodReady(pod)
  const ofRevision = (revision: string): number =>
    count((pod) => pod.metadata?.deletionTimestamp === undefined && revisionOf(pod) === revision)
  const replicas = pods.length
  const readyReplicas = count(isReady)
  const availableReplicas = count((pod) => isReady(pod) && isPodAvailable(pod, minReadySeconds, nowMs))
  const updatedReplicas = ofRevision(updateRevision)
  const wanted = wantedReplicas(set)
  const isDone =
    set.spec?.updateStrategy?.type === 'RollingUpdate' &&
    updatedReplicas === wanted &&
    readyReplicas === wanted &&
    replicas === wanted
  const currentReplicas = isDone ? updatedReplicas : ofRevision(currentRevision) - input.replaced
  const observedGeneration = set.metadata?.generation ?? 0
  return {
    ...(observedGeneration > 0 && { observedGeneration }),
    replicas,
    ...(readyReplicas > 0 && { readyReplicas }),
    ...(currentReplicas !== 0 && { currentReplicas }),
    ...(updatedReplicas > 0 && { updatedReplicas }),
    currentRevision: isDone ? updateRevision : currentRevision,
    updateRevision,
    collisionCount,
    availableReplicas,
  }
}

/** Whether there is anything new to tell; the collision count alone is none. */
export function isStatusNews(set: StatefulSet, next: StatefulSetStatus): boolean {
  const { status } = set
  return (
    (next.observedGeneration ?? 0) > (status?.observedGeneration ?? 0) ||
    next.replicas !== (status?.replicas ?? 0) ||
    (next.currentReplicas ?? 0) !== (status?.currentReplicas ?? 0) ||
    (next.readyReplicas ?? 0) !== (status?.readyReplicas ?? 0) ||
    (next.updatedReplicas ?? 0) !== (status?.updatedReplicas ?? 0) ||
    (next.availableReplicas ?? 0) !== (status?.availableReplicas ?? 0) ||
    next.currentRevision !== status?.currentRevision ||
    next.updateRevision !== status?.updateRevision
  )
}
