// Keeps one pod on each node that fits.
//
//   DaemonSet, Nodes, Pods ─▶ revision ─▶ missing and superfluous pods ─▶ rolling update ─▶ status
//
// Invariant: pods are created or deleted only when the cache shows all that was created or deleted before.
// Upstream: pkg/controller/daemon

import { keyOf, type ObjectKey } from '#api/meta/object.ts'
import { selectorOf } from '#api/meta/selectors.ts'
import { isNamespaceTerminating } from '#api/meta/status.ts'
import { controllerRevisions, daemonSets, nodes, pods } from '#api/resources.ts'
import type { DaemonSet } from '#api/types/apps.ts'
import type { Node, Pod } from '#api/types/core.ts'
import type { Change } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import { claimChildren } from '#controllers/claim.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { FailedPods } from '#controllers/daemonset/failed-pods.ts'
import { daemonPod, HASH_LABEL, placementOn, targetNodeOf } from '#controllers/daemonset/placement.ts'
import { type DaemonInput, groupByNode, planDaemons } from '#controllers/daemonset/plan.ts'
import { type DaemonRevisions, daemonRevisions, hashOf } from '#controllers/daemonset/revisions.ts'
import { planRollout } from '#controllers/daemonset/rollout.ts'
import { daemonSetStatus, isStatusNews } from '#controllers/daemonset/status.ts'
import { forgetRevisions } from '#controllers/history/history.ts'
import { indexByController, ownedAndOrphans, ownersOf } from '#controllers/owned-index.ts'
import { isControlledBy } from '#controllers/owner-references.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import { createPodControl } from '#controllers/pods/pod-control.ts'
import { nextAvailabilityMs } from '#controllers/pods/pod-state.ts'
import { indexByNode, podsOnNode } from '#controllers/pods/pods-by-node.ts'
import { slowStart } from '#controllers/slow-start.ts'

/** After this long a write that never showed up in the cache is given up (see pending-writes.ts). */
const UNSETTLED_RETRY_MS = 300_000
/** What the API server fills in. */
const DEFAULT_HISTORY_LIMIT = 10
/** So many pods are created or deleted in one pass. */
const BURST = 250

const selectorOfSet = (set: DaemonSet) => selectorOf(set.spec?.selector)

export function daemonSetController(context: ControllerContext): Controller {
  const { client, clock, informers } = context
  const sets = informers.informer(daemonSets)
  const nodeInformer = informers.informer(nodes)
  const podInformer = informers.informer(pods)
  const revisionInformer = informers.informer(controllerRevisions)
  indexByController(podInformer)
  indexByController(revisionInformer)
  indexByNode(podInformer)
  const pending = new PendingWrites<Pod>(podInformer, clock)
  const events = context.events('daemonset-controller')
  const control = createPodControl(client, events)
  const failedPods = new FailedPods(clock)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const set = sets.get(key)
    if (!set) {
      pending.forget(key)
      return
    }
    // While it is deleted, nobody knows in which order its pods and revisions go.
    if (set.metadata?.deletionTimestamp !== undefined) return
    const revisions = await daemonRevisions(client, revisionInformer, set)
    const owned = await podsOf(set)
    const input: DaemonInput = {
      set,
      nodes: nodeInformer.list(),
      podsByNode: groupByNode(owned),
      hash: hashOf(revisions.current),
      nowMs: clock.now(),
    }
    const isSettled = pending.isSettled(key)
    const { failure, retryMs } = isSettled ? await manage(input) : { failure: undefined, retryMs: undefined }
    if (isSettled && failure === undefined) await cleanUp(set, owned, revisions)
    const status = daemonSetStatus(input, isSettled)
    if (isStatusNews(set, status)) await client.resource(daemonSets).updateStatus({ ...set, status })
    if (failure !== undefined) throw failure
    const waits = [
      isSettled ? undefined : UNSETTLED_RETRY_MS,
      retryMs,
      nextAvailabilityMs(owned, set.spec?.minReadySeconds ?? 0, input.nowMs),
    ].filter((wait) => wait !== undefined)
    return waits.length > 0 ? { afterMs: Math.min(...waits) } : undefined
  }

  async function podsOf(set: DaemonSet): Promise<readonly Pod[]> {
    return await claimChildren<Pod, DaemonSet>({
      client,
      ownerType: daemonSets,
      owner: set,
      childType: pods,
      children: ownedAndOrphans(podInformer, set),
      selector: selectorOfSet(set),
    })
  }

  /** Creates and deletes; the rolling update waits until nothing else is to be done. */
  async function manage(input: DaemonInput): Promise<{ failure: unknown; retryMs: number | undefined }> {
    const plan = planDaemons(input)
    const { ready, retryMs } = admitFailed(input.set, plan.failed)
    for (const pod of plan.remove.filter(({ status }) => status?.phase === 'Succeeded')) {
      const text = `Found succeeded daemon pod ${keyOf(pod)} on node ${targetNodeOf(pod)}, will try to delete it`
      events.event(input.set, 'Normal', 'SucceededDaemonPod', text)
    }
    const remove = [...ready, ...plan.remove]
    const failure = await sync(input, plan.create, remove)
    if (failure !== undefined || !pending.isSettled(keyOf(input.set))) return { failure, retryMs }
    const rollout = planRollout(input)
    return { failure: await sync(input, rollout.create, rollout.remove), retryMs }
  }

  /** The failed pods whose time has come, and when the next comes. */
  function admitFailed(
    set: DaemonSet,
    failed: readonly Pod[],
  ): { ready: Pod[]; retryMs: number | undefined } {
    const ready: Pod[] = []
    let retryMs: number | undefined
    for (const pod of failed) {
      const node = targetNodeOf(pod)
      const wait = failedPods.admit(`${set.metadata?.uid}/${set.status?.observedGeneration ?? 0}/${node}`)
      if (wait > 0) {
        retryMs = Math.min(retryMs ?? wait, wait)
        continue
      }
      const text = `Found failed daemon pod ${keyOf(pod)} on node ${node}, will try to kill it`
      events.event(set, 'Warning', 'FailedDaemonPod', text)
      ready.push(pod)
    }
    return { ready, retryMs }
  }

  /** Gives the first failure. */
  async function sync(
    { set, hash }: DaemonInput,
    create: readonly string[],
    remove: readonly Pod[],
  ): Promise<unknown> {
    const key = keyOf(set)
    const names = create.slice(0, BURST)
    const created = await slowStart(names.length, async (i) => {
      try {
        pending.created(key, await control.create(set, daemonPod(set, names[i] ?? '', hash)))
      } catch (error) {
        if (!isNamespaceTerminating(error)) throw error
      }
    })
    const removed = await Promise.allSettled(
      remove.slice(0, BURST).map(async (pod) => {
        pending.deleting(key, pod)
        try {
          await control.delete(set, pod)
        } catch (error) {
          pending.failed(key, pod)
          throw error
        }
      }),
    )
    return created.error ?? removed.find((result) => result.status === 'rejected')?.reason
  }

  async function cleanUp(set: DaemonSet, owned: readonly Pod[], { old }: DaemonRevisions): Promise<void> {
    const surplus = old.length - (set.spec?.revisionHistoryLimit ?? DEFAULT_HISTORY_LIMIT)
    if (surplus <= 0) return
    const live = new Set(owned.map(({ metadata }) => metadata?.labels?.[HASH_LABEL]))
    const past = old.filter((revision) => !live.has(hashOf(revision)))
    await forgetRevisions(client, past.slice(0, surplus))
  }

  /** The sets that a node concerns: a pod is missing there, is to go, or was counted as misplaced. */
  function setsOfNode({ type, object: node }: Change<Node>): readonly ObjectKey[] {
    if (type === 'deleted') return sets.list().map(keyOf)
    const present = podsOnNode(podInformer, node.metadata?.name ?? '')
    return sets
      .list()
      .filter((set) => {
        const { shouldRun, shouldStay } = placementOn(set, node)
        const hasPod = present.some((pod) => isControlledBy(pod, set))
        if (!hasPod) return shouldRun
        return !shouldStay || (set.status?.numberMisscheduled ?? 0) > 0
      })
      .map(keyOf)
  }

  return controller(context, 'daemonset-controller', {
    watches: [
      primary(sets),
      mapped(podInformer, (change) => ownersOf(change, 'DaemonSet', sets, selectorOfSet)),
      mapped(revisionInformer, (change) => ownersOf(change, 'DaemonSet', sets, selectorOfSet)),
      mapped(nodeInformer, (change) => (isPlacementNews(change) ? setsOfNode(change) : [])),
    ],
    workers: 2,
    reconcile,
  })
}

function isPlacementNews(change: Change<Node>): boolean {
  if (change.type !== 'updated') return true
  const { object, previous } = change
  const relevant = ({ metadata, spec }: Node): string => JSON.stringify([metadata?.labels, spec?.taints])
  return relevant(object) !== relevant(previous)
}
