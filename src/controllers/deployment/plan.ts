// What a Deployment's ReplicaSets should be scaled to next. Pure.
//
// Three plans: for a change of size (all sets in proportion), for a rolling update (new set up, old sets down,
// within surge and availability), and for Recreate (all old pods gone before the first new one).
// Invariant of the rolling update: total <= wanted + surge, available >= wanted - unavailable.
// Upstream: pkg/controller/deployment/{sync,rolling,recreate}.go

import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import {
  isRollingUpdate,
  maxSurge,
  maxUnavailable,
  specReplicas,
  wantedReplicas,
} from '#controllers/deployment/fenceposts.ts'
import {
  byAge,
  countAnnotation,
  DESIRED_REPLICAS,
  MAX_REPLICAS,
  revisionOf,
} from '#controllers/deployment/revisions.ts'

export interface DeploymentSets {
  /** The set with the Deployment's template, if there is one. */
  readonly newSet: ReplicaSet | undefined
  readonly oldSets: readonly ReplicaSet[]
}

/** One set and the size that it should have. */
export interface Scale {
  readonly replicaSet: ReplicaSet
  readonly replicas: number
}

const available = (replicaSet: ReplicaSet): number => replicaSet.status?.availableReplicas ?? 0
const isActive = (replicaSet: ReplicaSet): boolean => specReplicas(replicaSet) > 0
const sum = (sets: readonly ReplicaSet[], count: (set: ReplicaSet) => number): number =>
  sets.reduce((total, set) => total + count(set), 0)

export const allSets = ({ newSet, oldSets }: DeploymentSets): readonly ReplicaSet[] =>
  newSet ? [...oldSets, newSet] : oldSets

/** Whether the Deployment's size changed since its sets were last scaled. */
export function isScalingEvent(deployment: Deployment, sets: DeploymentSets): boolean {
  return allSets(sets)
    .filter(isActive)
    .some(
      (set) =>
        (countAnnotation(set, DESIRED_REPLICAS) ?? wantedReplicas(deployment)) !== wantedReplicas(deployment),
    )
}

/** For a change of size, and for a paused Deployment. */
export function planScaling(deployment: Deployment, sets: DeploymentSets): readonly Scale[] {
  const wanted = wantedReplicas(deployment)
  const { newSet, oldSets } = sets
  const active = allSets(sets).filter(isActive)
  if (active.length <= 1) {
    const only = active[0] ?? newSet ?? [...oldSets].sort(byAge).at(-1)
    return only && specReplicas(only) !== wanted ? [{ replicaSet: only, replicas: wanted }] : []
  }
  if (isSaturated(deployment, newSet)) {
    return oldSets.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }))
  }
  return isRollingUpdate(deployment) ? planProportional(deployment, active) : []
}

/** The new set holds all replicas, all are available, and it has been told the current size. */
function isSaturated(deployment: Deployment, newSet: ReplicaSet | undefined): boolean {
  const wanted = wantedReplicas(deployment)
  return (
    newSet !== undefined &&
    specReplicas(newSet) === wanted &&
    countAnnotation(newSet, DESIRED_REPLICAS) === wanted &&
    available(newSet) === wanted
  )
}

/** Each set grows or shrinks by its share; what rounding leaves over goes to the largest. */
function planProportional(deployment: Deployment, active: readonly ReplicaSet[]): readonly Scale[] {
  const wanted = wantedReplicas(deployment)
  const toAdd = (wanted > 0 ? wanted + maxSurge(deployment) : 0) - sum(active, specReplicas)
  // Of sets of one size, the newest grows first and the oldest shrinks first.
  const order = [...active]
  if (toAdd !== 0) {
    order.sort((a, b) => specReplicas(b) - specReplicas(a) || (toAdd > 0 ? byAge(b, a) : byAge(a, b)))
  }
  let added = 0
  const sizes = order.map((set) => {
    const share = proportion(deployment, set, toAdd, added)
    added += share
    return specReplicas(set) + share
  })
  if (toAdd !== 0) sizes[0] = Math.max(0, (sizes[0] ?? 0) + toAdd - added)
  return order.map((replicaSet, i) => ({ replicaSet, replicas: sizes[i] ?? 0 }))
}

function proportion(deployment: Deployment, set: ReplicaSet, toAdd: number, added: number): number {
  if (toAdd === 0 || toAdd === added) return 0
  const share = fraction(deployment, set)
  return toAdd > 0 ? Math.min(share, toAdd - added) : Math.max(share, toAdd - added)
}

/** How much the set would change if it kept its part of the whole. */
function fraction(deployment: Deployment, set: ReplicaSet): number {
  const size = specReplicas(set)
  const wanted = wantedReplicas(deployment)
  if (wanted === 0) return -size
  const before = countAnnotation(set, MAX_REPLICAS) || (deployment.status?.replicas ?? 0)
  if (before === 0) return 0
  return Math.round((size * (wanted + maxSurge(deployment))) / before) - size
}

/** How large the new set should be next: as many more as the surge allows. */
export function nextNewSize(deployment: Deployment, all: readonly ReplicaSet[], newSize: number): number {
  const wanted = wantedReplicas(deployment)
  if (!isRollingUpdate(deployment)) return wanted
  const room = wanted + maxSurge(deployment) - sum(all, specReplicas)
  return room <= 0 ? newSize : newSize + Math.min(room, wanted - newSize)
}

/** One step of a rolling update: either the new set goes up, or old sets go down. */
export function planRolling(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): readonly Scale[] {
  const wanted = wantedReplicas(deployment)
  const all = [...oldSets, newSet]
  const size = specReplicas(newSet)
  if (size !== wanted) {
    const replicas = size > wanted ? wanted : nextNewSize(deployment, all, size)
    if (replicas !== size) return [{ replicaSet: newSet, replicas }]
  }
  return planScaleDown(deployment, newSet, oldSets)
}

/**
 * Old replicas that are not available go first: they cost nothing. Then as many as availability allows. A set
 * may occur in both steps; the second goes on from the first.
 */
function planScaleDown(
  deployment: Deployment,
  newSet: ReplicaSet,
  oldSets: readonly ReplicaSet[],
): readonly Scale[] {
  const old = oldSets.filter(isActive).sort(byAge)
  const minAvailable = wantedReplicas(deployment) - maxUnavailable(deployment)
  const newUnavailable = specReplicas(newSet) - available(newSet)
  let removable = sum([...old, newSet], specReplicas) - minAvailable - newUnavailable
  if (old.length === 0 || removable <= 0) return []

  const steps: Scale[] = []
  const sizes = new Map(old.map((set) => [set, specReplicas(set)]))
  const shrink = (replicaSet: ReplicaSet, by: number): void => {
    const replicas = (sizes.get(replicaSet) ?? 0) - by
    sizes.set(replicaSet, replicas)
    steps.push({ replicaSet, replicas })
  }
  for (const set of old) {
    const unhealthy = Math.min(removable, specReplicas(set) - available(set))
    if (unhealthy <= 0) continue
    shrink(set, unhealthy)
    removable -= unhealthy
  }
  let surplus = sum([...old, newSet], available) - minAvailable
  for (const set of old) {
    const remove = Math.min(sizes.get(set) ?? 0, surplus)
    if (remove <= 0) continue
    shrink(set, remove)
    surplus -= remove
  }
  return steps
}

/** For Recreate: the old sets that still have to go to zero. */
export function planRecreate(oldSets: readonly ReplicaSet[]): readonly Scale[] {
  return oldSets.filter(isActive).map((replicaSet) => ({ replicaSet, replicas: 0 }))
}

/** The old sets beyond the history limit that hold no pods, the lowest revisions first. */
export function planCleanup(deployment: Deployment, oldSets: readonly ReplicaSet[]): readonly ReplicaSet[] {
  const limit = deployment.spec?.revisionHistoryLimit
  if (limit === undefined || limit === 2_147_483_647) return []
  const alive = oldSets.filter((set) => set.metadata?.deletionTimestamp === undefined)
  if (alive.length <= limit) return []
  return alive
    .sort(byRevision)
    .slice(0, alive.length - limit)
    .filter(
      (set) =>
        (set.status?.replicas ?? 0) === 0 &&
        specReplicas(set) === 0 &&
        (set.metadata?.generation ?? 0) <= (set.status?.observedGeneration ?? 0),
    )
}

function byRevision(a: ReplicaSet, b: ReplicaSet): number {
  const [left, right] = [revisionOf(a), revisionOf(b)]
  if (left === undefined || right === undefined || left === right) return byAge(a, b)
  return left < right ? -1 : 1
}
