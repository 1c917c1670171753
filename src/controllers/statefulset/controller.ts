// Keeps pods with a name, an order and a storage of their own.
//
//   StatefulSet, Pods, Claims ─▶ claim pods and revisions ─▶ plan ─▶ pods and claims ─▶ status ─▶ old revisions
//
// Invariant: never are there two pods of one name, as the name itself is the identity: a pod is replaced only
// when it is gone from the API server. Upstream: pkg/controller/statefulset.
// Left out: the feature MaxUnavailableStatefulSet (off by default), comparing revisions after new defaults.

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { selectorOf } from '#api/meta/selectors.ts'
import { controllerRevisions, persistentVolumeClaims, pods, statefulSets } from '#api/resources.ts'
import type { ControllerRevision, StatefulSet } from '#api/types/apps.ts'
import type { PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { Requeue } from '#client/work-queue.ts'
import { claimChildren } from '#controllers/claim.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
  reads,
} from '#controllers/controller.ts'
import { claimRevisions, createRevision, forgetRevisions } from '#controllers/history/history.ts'
import { chooseRevision, newRevision, nextNumber, templateOf } from '#controllers/history/revision.ts'
import { indexByController, ownedAndOrphans, ownersOf } from '#controllers/owned-index.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import { nextAvailabilityMs } from '#controllers/pods/pod-state.ts'
import { slowStart } from '#controllers/slow-start.ts'
import { claimOwners, isClaimStale } from '#controllers/statefulset/claims.ts'
import { claimsOf, isClaimName, ordinalOf, revisionOf } from '#controllers/statefulset/identity.ts'
import { isMonotonic, planStatefulSet, type StatefulStep } from '#controllers/statefulset/plan.ts'
import { createStatefulPods, type StatefulPods } from '#controllers/statefulset/stateful-pods.ts'
import { isStatusNews, statefulSetStatus } from '#controllers/statefulset/status.ts'

/** After this long a write that never showed up in the cache is given up (see pending-writes.ts). */
const UNSETTLED_RETRY_MS = 300_000
/** What the API server fills in. */
const DEFAULT_HISTORY_LIMIT = 10

const selectorOfSet = (set: StatefulSet) => selectorOf(set.spec?.selector)

interface Revisions {
  readonly all: readonly ControllerRevision[]
  readonly current: ControllerRevision
  readonly update: ControllerRevision
  readonly collisionCount: number
}

export function statefulSetController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const sets = informers.informer(statefulSets)
  const podInformer = informers.informer(pods)
  const claims = informers.informer(persistentVolumeClaims)
  const revisionInformer = informers.informer(controllerRevisions)
  indexByController(podInformer)
  indexByController(revisionInformer)
  const pending = new PendingWrites<Pod>(podInformer, clock)
  const events = context.events('statefulset-controller')
  const statefulPods = createStatefulPods({ client, events, claims, pending })

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const set = sets.get(key)
    if (!set) {
      pending.forget(key)
      return
    }
    if (!pending.isSettled(key)) return { afterMs: UNSETTLED_RETRY_MS }
    const revisions = await revisionsOf(set)
    const owned = await podsOf(set)
    const nowMs = clock.now()
    const outcome = await execute(statefulPods, set, planStatefulSet(planInput(set, owned, revisions, nowMs)))
    const status = statefulSetStatus({
      set,
      pods: owned,
      currentRevision: revisions.current.metadata?.name ?? '',
      updateRevision: revisions.update.metadata?.name ?? '',
      collisionCount: revisions.collisionCount,
      replaced: outcome.replaced,
      nowMs,
    })
    if (isStatusNews(set, status)) await client.resource(statefulSets).updateStatus({ ...set, status })
    await truncate(set, owned, revisions)
    if (outcome.error !== undefined) throw outcome.error
    const afterMs = nextAvailabilityMs(owned, set.spec?.minReadySeconds ?? 0, nowMs)
    return afterMs === undefined ? undefined : { afterMs }
  }

  async function podsOf(set: StatefulSet): Promise<readonly Pod[]> {
    return await claimChildren<Pod, StatefulSet>({
      client,
      ownerType: statefulSets,
      owner: set,
      childType: pods,
      children: ownedAndOrphans(podInformer, set),
      selector: selectorOfSet(set),
      matches: (pod) => ordinalOf(set.metadata?.name ?? '', pod) !== undefined,
    })
  }

  /** The revision of the present template, which may have to be written first, and the one before. */
  async function revisionsOf(set: StatefulSet): Promise<Revisions> {
    const all = await claimRevisions({
      client,
      informer: revisionInformer,
      ownerType: statefulSets,
      owner: set,
      selector: selectorOfSet(set),
    })
    const { revision: update, collisionCount } = await updateRevision(set, all)
    const named = all.find(({ metadata }) => metadata?.name === set.status?.currentRevision)
    return { all, current: named ?? update, update, collisionCount }
  }

  async function updateRevision(set: StatefulSet, all: readonly ControllerRevision[]) {
    const collisionCount = set.status?.collisionCount ?? 0
    const proposed = newRevision(statefulSets, set, nextNumber(all), collisionCount)
    const choice = chooseRevision(all, proposed)
    switch (choice.action) {
      case 'keep':
        return { revision: choice.revision, collisionCount }
      case 'renumber':
        return {
          revision: await client.resource(controllerRevisions).update(choice.revision),
          collisionCount,
        }
      case 'create':
        return await createRevision(client, set, proposed, collisionCount)
    }
  }

  function planInput(set: StatefulSet, owned: readonly Pod[], revisions: Revisions, nowMs: number) {
    const cached = (ordinal: number): readonly PersistentVolumeClaim[] =>
      [...claimsOf(set, ordinal).values()].flatMap((claim) => claims.get(keyOf(claim)) ?? [])
    const named = (revision: ControllerRevision) => ({
      revision: revision.metadata?.name ?? '',
      template: templateOf(revision),
    })
    return {
      set,
      pods: owned,
      current: named(revisions.current),
      update: named(revisions.update),
      areClaimsRight: (ordinal: number, pod: Pod) =>
        cached(ordinal).every((claim) => claimOwners(claim, set, pod) === undefined),
      isClaimStale: (ordinal: number, pod: Pod) =>
        cached(ordinal).some((claim) => isClaimStale(claim, set, pod)),
      nowMs,
    }
  }

  async function truncate(set: StatefulSet, owned: readonly Pod[], revisions: Revisions): Promise<void> {
    const live = new Set([
      revisions.current.metadata?.name,
      revisions.update.metadata?.name,
      ...owned.map(revisionOf),
    ])
    const limit = set.spec?.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT
    const past = revisions.all.filter(({ metadata }) => !live.has(metadata?.name))
    await forgetRevisions(client, past.slice(0, Math.max(0, past.length - limit)))
  }

  /** A claim that goes may be one that a pod waits for. */
  const setsOfClaim = (claim: PersistentVolumeClaim): readonly ObjectKey[] =>
    sets
      .list(claim.metadata?.namespace ?? '')
      .filter((set) => isClaimName(set, claim.metadata?.name ?? ''))
      .map(keyOf)

  return controller(context, 'statefulset-controller', {
    watches: [
      primary(sets),
      mapped(podInformer, (change) => ownersOf(change, 'StatefulSet', sets, selectorOfSet)),
      mapped(claims, ({ type, object }) => (type === 'deleted' ? setsOfClaim(object) : [])),
      reads(revisionInformer),
    ],
    workers: 5,
    reconcile,
  })
}

interface Outcome {
  readonly replaced: number
  /** The first failure. */
  readonly error?: unknown
}

/** Phase by phase: in order, or as many at once as go well. The first failure ends the pass. */
async function execute(
  statefulPods: StatefulPods,
  set: StatefulSet,
  phases: readonly (readonly StatefulStep[])[],
): Promise<Outcome> {
  let replaced = 0
  const run = async (step: StatefulStep): Promise<void> => {
    await statefulPods.execute(set, step)
    if (step.action === 'replace') replaced++
  }
  for (const steps of phases) {
    const { error } = isMonotonic(set)
      ? await inOrder(steps, run)
      : await slowStart(steps.length, (i) => run(steps[i] as StatefulStep))
    if (error !== undefined) return { replaced, error }
  }
  return { replaced }
}

async function inOrder<T>(
  items: readonly T[],
  run: (item: T) => Promise<void>,
): Promise<{ error?: unknown }> {
  for (const item of items) {
    try {
      await run(item)
    } catch (error) {
      return { error }
    }
  }
  return {}
}
