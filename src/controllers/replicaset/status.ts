// The status of a ReplicaSet or ReplicationController: what its pods amount to. Pure.
//
// Upstream: pkg/controller/replicaset/replica_set_utils.go

import { semanticEqual } from '#api/meta/equality.ts'
import { matchesLabels, selectorOfLabels } from '#api/meta/selectors.ts'
import type { ReplicaSetCondition, ReplicaSetStatus } from '#api/types/apps.ts'
import type { Pod } from '#api/types/core.ts'
import { isPodAvailable, isPodReady } from '#controllers/pods/pod-state.ts'
import type { ReplicaOwner } from '#controllers/replicaset/replica-owner.ts'
import { formatTime } from '#sys/clock.ts'

export interface StatusInput {
  readonly owner: ReplicaOwner
  readonly active: readonly Pod[]
  /** Undefined: this kind does not tell. */
  readonly terminating: number | undefined
  /** Why pods could not be created or deleted. */
  readonly failure: string | undefined
  readonly nowMs: number
}

/** The new status; counts of 0 are left out where the API leaves them out. */
export function replicaSetStatus(input: StatusInput): ReplicaSetStatus {
  const { owner, active, terminating, nowMs } = input
  const minReadySeconds = owner.spec?.minReadySeconds ?? 0
  const template = selectorOfLabels(owner.spec?.template?.metadata?.labels)
  const count = (holds: (pod: Pod) => boolean): number => active.filter(holds).length
  const fullyLabeledReplicas = count((pod) => matchesLabels(template, pod.metadata?.labels))
  const readyReplicas = count(isPodReady)
  const availableReplicas = count((pod) => isPodAvailable(pod, minReadySeconds, nowMs))
  const conditions = conditionsOf(input)
  const observedGeneration = owner.metadata?.generation ?? 0
  return {
    replicas: active.length,
    ...(fullyLabeledReplicas > 0 && { fullyLabeledReplicas }),
    ...(readyReplicas > 0 && { readyReplicas }),
    ...(availableReplicas > 0 && { availableReplicas }),
    ...(terminating !== undefined && { terminatingReplicas: terminating }),
    ...(observedGeneration > 0 && { observedGeneration }),
    ...(conditions.length > 0 && { conditions }),
  }
}

/** A failure appears with its first reason and stays as it was first told; success takes it away. */
function conditionsOf(input: StatusInput): readonly ReplicaSetCondition[] {
  const { owner, active, failure, nowMs } = input
  const old = owner.status?.conditions ?? []
  const others = old.filter(({ type }) => type !== 'ReplicaFailure')
  if (failure === undefined) return others
  if (others.length < old.length) return old
  const missing = (owner.spec?.replicas ?? 1) - active.length
  const reason = missing > 0 ? 'FailedCreate' : missing < 0 ? 'FailedDelete' : ''
  return [
    ...others,
    {
      type: 'ReplicaFailure',
      status: 'True',
      lastTransitionTime: formatTime(nowMs),
      ...(reason !== '' && { reason }),
      message: failure,
    },
  ]
}

/** Whether `next` says anything that the owner's status does not. */
export function isStatusNews(owner: ReplicaOwner, next: ReplicaSetStatus): boolean {
  return !semanticEqual(withZeros(owner.status), withZeros(next))
}

const withZeros = (status: ReplicaSetStatus | undefined): ReplicaSetStatus => ({
  fullyLabeledReplicas: 0,
  readyReplicas: 0,
  availableReplicas: 0,
  observedGeneration: 0,
  replicas: 0,
  ...status,
})
