// How far a rollout may go above and below the wanted number of replicas. Pure.
//
// Surge rounds up and unavailability rounds down; when both come to nothing, one replica may be missing, since
// otherwise nothing could ever move. Upstream: pkg/controller/deployment/util (ResolveFenceposts)

import { scaledValue } from '#api/meta/int-or-string.ts'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'

export const wantedReplicas = (deployment: Deployment): number => deployment.spec?.replicas ?? 1
export const specReplicas = (replicaSet: ReplicaSet): number => replicaSet.spec?.replicas ?? 1

export function isRollingUpdate(deployment: Deployment): boolean {
  return deployment.spec?.strategy?.type === 'RollingUpdate'
}

/** How many replicas there may be above the wanted number. */
export function maxSurge(deployment: Deployment): number {
  return isRollingUpdate(deployment) ? resolve(deployment).surge : 0
}

/** How many of the wanted replicas may be missing. */
export function maxUnavailable(deployment: Deployment): number {
  const wanted = wantedReplicas(deployment)
  if (!isRollingUpdate(deployment) || wanted === 0) return 0
  return Math.min(resolve(deployment).unavailable, wanted)
}

function resolve(deployment: Deployment): { surge: number; unavailable: number } {
  const wanted = wantedReplicas(deployment)
  const limits = deployment.spec?.strategy?.rollingUpdate
  const surge = scaledValue(limits?.maxSurge ?? 0, wanted, true) ?? 0
  const unavailable = scaledValue(limits?.maxUnavailable ?? 0, wanted, false) ?? 0
  return { surge, unavailable: surge === 0 && unavailable === 0 ? 1 : unavailable }
}
