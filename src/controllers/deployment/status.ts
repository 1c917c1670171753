// The status of a Deployment: counts over its ReplicaSets, and the conditions Available, Progressing and
// ReplicaFailure. Pure.
//
// Progressing is a story told over time: created, updated with each sign of progress, available at the end,
// or timed out when nothing moved for `progressDeadlineSeconds`.
// Upstream: pkg/controller/deployment/{sync,progress}.go, util/deployment_util.go

import { semanticEqual } from '#api/meta/equality.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#api/types/apps.ts'
import { maxUnavailable, specReplicas, wantedReplicas } from '#controllers/deployment/fenceposts.ts'
import { allSets, type DeploymentSets } from '#controllers/deployment/plan.ts'
import { formatTime } from '#sys/clock.ts'

type Conditions = readonly DeploymentCondition[]

const MAX_INT32 = 2_147_483_647

export function hasProgressDeadline(deployment: Deployment): boolean {
  const seconds = deployment.spec?.progressDeadlineSeconds
  return seconds !== undefined && seconds !== MAX_INT32
}

export function findCondition(
  conditions: Conditions | undefined,
  type: string,
): DeploymentCondition | undefined {
  return conditions?.find((condition) => condition.type === type)
}

export function newCondition(
  type: string,
  status: 'True' | 'False' | 'Unknown',
  reason: string,
  message: string,
  nowMs: number,
): DeploymentCondition {
  const now = formatTime(nowMs)
  return { type, status, lastUpdateTime: now, lastTransitionTime: now, reason, message }
}

/** A condition that says the same again changes nothing; the time of transition is that of the status. */
export function setCondition(conditions: Conditions, next: DeploymentCondition): Conditions {
  const current = findCondition(conditions, next.type)
  if (current?.status === next.status && current.reason === next.reason) return conditions
  const lastTransitionTime =
    current?.status === next.status ? current.lastTransitionTime : next.lastTransitionTime
  return [
    ...removeCondition(conditions, next.type),
    { ...next, ...(lastTransitionTime !== undefined && { lastTransitionTime }) },
  ]
}

const removeCondition = (conditions: Conditions, type: string): Conditions =>
  conditions.filter((condition) => condition.type !== type)

/** Undefined when the paused or resumed state is already told. */
export function pausedCondition(deployment: Deployment, nowMs: number): DeploymentCondition | undefined {
  if (!hasProgressDeadline(deployment)) return undefined
  const reason = findCondition(deployment.status?.conditions, 'Progressing')?.reason
  if (reason === 'ProgressDeadlineExceeded') return undefined
  const isPaused = deployment.spec?.paused === true
  const isToldPaused = reason === 'DeploymentPaused'
  if (isPaused === isToldPaused) return undefined
  return isPaused
    ? newCondition('Progressing', 'Unknown', 'DeploymentPaused', 'Deployment is paused', nowMs)
    : newCondition('Progressing', 'Unknown', 'DeploymentResumed', 'Deployment is resumed', nowMs)
}

/** Counts and the Available condition: all that a paused Deployment tells. */
export function deploymentStatus(
  deployment: Deployment,
  sets: DeploymentSets,
  nowMs: number,
): DeploymentStatus {
  const all = allSets(sets)
  const count = (of: (set: ReplicaSet) => number | undefined, among = all): number =>
    among.reduce((total, set) => total + (of(set) ?? 0), 0)
  const availableReplicas = count((set) => set.status?.availableReplicas)
  const isAvailable = availableReplicas >= wantedReplicas(deployment) - maxUnavailable(deployment)
  const condition = isAvailable
    ? newCondition(
        'Available',
        'True',
        'MinimumReplicasAvailable',
        'Deployment has minimum availability.',
        nowMs,
      )
    : newCondition(
        'Available',
        'False',
        'MinimumReplicasUnavailable',
        'Deployment does not have minimum availability.',
        nowMs,
      )
  return compact({
    observedGeneration: deployment.metadata?.generation,
    replicas: count((set) => set.status?.replicas),
    updatedReplicas: sets.newSet?.status?.replicas,
    readyReplicas: count((set) => set.status?.readyReplicas),
    availableReplicas,
    unavailableReplicas: Math.max(0, count(specReplicas) - availableReplicas),
    terminatingReplicas: terminatingReplicas(all),
    collisionCount: deployment.status?.collisionCount,
    conditions: setCondition(deployment.status?.conditions ?? [], condition),
  })
}

/** Counts of 0 are left out, but for those whose absence means something else. */
function compact(
  status: { [K in keyof DeploymentStatus]: DeploymentStatus[K] | undefined },
): DeploymentStatus {
  const entries = Object.entries(status).filter(
    ([name, value]) =>
      value !== undefined && (value !== 0 || name === 'terminatingReplicas' || name === 'collisionCount'),
  )
  return Object.fromEntries(entries)
}

/** Unknown as soon as one set that has been looked at does not tell. */
function terminatingReplicas(sets: readonly ReplicaSet[]): number | undefined {
  let total = 0
  for (const { status } of sets) {
    if (status?.terminatingReplicas !== undefined) total += status.terminatingReplicas
    else if ((status?.observedGeneration ?? 0) !== 0) return undefined
  }
  return total
}

/** The whole status of a Deployment that is rolling out, or has. */
export function rolloutStatus(deployment: Deployment, sets: DeploymentSets, nowMs: number): DeploymentStatus {
  const status = deploymentStatus(deployment, sets, nowMs)
  let conditions = status.conditions ?? []
  if (!hasProgressDeadline(deployment)) conditions = removeCondition(conditions, 'Progressing')
  else conditions = withProgress(deployment, sets, status, conditions, nowMs)
  const failure = replicaFailure(sets)
  conditions = failure ? setCondition(conditions, failure) : removeCondition(conditions, 'ReplicaFailure')
  return { ...status, conditions }
}

function withProgress(
  deployment: Deployment,
  sets: DeploymentSets,
  status: DeploymentStatus,
  conditions: Conditions,
  nowMs: number,
): Conditions {
  const current = findCondition(deployment.status?.conditions, 'Progressing')
  const isFinished = current?.reason === 'NewReplicaSetAvailable'
  if (isFinished && (status.replicas ?? 0) === (status.updatedReplicas ?? 0)) return conditions
  const subject = sets.newSet
    ? `ReplicaSet ${JSON.stringify(sets.newSet.metadata?.name)}`
    : `Deployment ${JSON.stringify(deployment.metadata?.name)}`

  if (isComplete(deployment, status)) {
    const message = `${subject} has successfully progressed.`
    return setCondition(
      conditions,
      newCondition('Progressing', 'True', 'NewReplicaSetAvailable', message, nowMs),
    )
  }
  if (isProgress(deployment.status, status)) {
    const message = `${subject} is progressing.`
    const next = newCondition('Progressing', 'True', 'ReplicaSetUpdated', message, nowMs)
    // Each sign of progress moves lastUpdateTime, from which the deadline is counted, though all else be equal.
    const since = current?.status === 'True' ? current.lastTransitionTime : next.lastTransitionTime
    const others = removeCondition(conditions, 'Progressing')
    return [...others, { ...next, ...(since !== undefined && { lastTransitionTime: since }) }]
  }
  if (isTimedOut(deployment, findCondition(conditions, 'Progressing'), nowMs)) {
    const message = `${subject} has timed out progressing.`
    return setCondition(
      conditions,
      newCondition('Progressing', 'False', 'ProgressDeadlineExceeded', message, nowMs),
    )
  }
  return conditions
}

/** All replicas are new and available, and no old one is left. */
export function isComplete(deployment: Deployment, status: DeploymentStatus | undefined): boolean {
  const wanted = wantedReplicas(deployment)
  return (
    (status?.updatedReplicas ?? 0) === wanted &&
    (status?.replicas ?? 0) === wanted &&
    (status?.availableReplicas ?? 0) === wanted &&
    (status?.observedGeneration ?? 0) >= (deployment.metadata?.generation ?? 0)
  )
}

/** More new, fewer old, more ready or more available replicas than before. */
function isProgress(before: DeploymentStatus | undefined, after: DeploymentStatus): boolean {
  const old = (status: DeploymentStatus | undefined): number =>
    (status?.replicas ?? 0) - (status?.updatedReplicas ?? 0)
  return (
    (after.updatedReplicas ?? 0) > (before?.updatedReplicas ?? 0) ||
    old(after) < old(before) ||
    (after.readyReplicas ?? 0) > (before?.readyReplicas ?? 0) ||
    (after.availableReplicas ?? 0) > (before?.availableReplicas ?? 0)
  )
}

function isTimedOut(
  deployment: Deployment,
  condition: DeploymentCondition | undefined,
  nowMs: number,
): boolean {
  if (!condition || condition.reason === 'NewReplicaSetAvailable') return false
  return condition.reason === 'ProgressDeadlineExceeded' || deadlineMs(deployment, condition) < nowMs
}

function deadlineMs(deployment: Deployment, condition: DeploymentCondition): number {
  return Date.parse(condition.lastUpdateTime ?? '') + (deployment.spec?.progressDeadlineSeconds ?? 0) * 1000
}

/** In how many milliseconds to look whether the rollout is stuck; undefined when nobody waits. */
export function nextProgressCheckMs(deployment: Deployment, nowMs: number): number | undefined {
  const condition = findCondition(deployment.status?.conditions, 'Progressing')
  if (!hasProgressDeadline(deployment) || !condition) return undefined
  if (isComplete(deployment, deployment.status) || condition.reason === 'ProgressDeadlineExceeded')
    return undefined
  // A second more, since times on the wire have whole seconds.
  return Math.max(0, deadlineMs(deployment, condition) - nowMs) + 1000
}

/** The failure of the new set, or else of any. */
function replicaFailure(sets: DeploymentSets): DeploymentCondition | undefined {
  for (const set of [...(sets.newSet ? [sets.newSet] : []), ...sets.oldSets]) {
    const failure = set.status?.conditions?.find(({ type }) => type === 'ReplicaFailure')
    if (!failure) continue
    const since = failure.lastTransitionTime
    return { ...failure, ...(since !== undefined && { lastUpdateTime: since }) }
  }
  return undefined
}

export function isStatusNews(deployment: Deployment, next: DeploymentStatus): boolean {
  return !semanticEqual(compact(deployment.status ?? {}), compact(next))
}
