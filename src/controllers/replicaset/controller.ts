// Keeps as many pods as a ReplicaSet (or ReplicationController) wants.
//
//   ReplicaSet, Pods ─▶ claim pods ─▶ plan ─▶ create or delete pods ─▶ status
//
// Invariant: pods are created or deleted only when the cache shows all that was created or deleted before, so
// that nothing is done twice. Upstream: pkg/controller/replicaset/replica_set.go, pkg/controller/replication.
// Left out: the metrics.

import type { KubeObject, ObjectKey } from '#api/meta/object.ts'
import { selectorOf } from '#api/meta/selectors.ts'
import { isNamespaceTerminating } from '#api/meta/status.ts'
import { pods, replicaSets } from '#api/resources.ts'
import type { ReplicaSet } from '#api/types/apps.ts'
import type { Pod } from '#api/types/core.ts'
import type { Informer } from '#client/informer.ts'
import type { Requeue } from '#client/work-queue.ts'
import { claimChildren } from '#controllers/claim.ts'
import {
  type Controller,
  type ControllerContext,
  controller,
  mapped,
  primary,
} from '#controllers/controller.ts'
import { controlledBy, indexByController, ownedAndOrphans, ownersOf } from '#controllers/owned-index.ts'
import { controllerOf, controllerReference, isControlledBy } from '#controllers/owner-references.ts'
import { PendingWrites } from '#controllers/pending-writes.ts'
import {
  createPodControl,
  messageOf,
  type PodControl,
  podFromTemplate,
} from '#controllers/pods/pod-control.ts'
import { isPodActive, isPodTerminating, nextAvailabilityMs } from '#controllers/pods/pod-state.ts'
import { planReplicas } from '#controllers/replicaset/plan.ts'
import type { ReplicaKind, ReplicaOwner } from '#controllers/replicaset/replica-owner.ts'
import { isStatusNews, replicaSetStatus } from '#controllers/replicaset/status.ts'
import { slowStart } from '#controllers/slow-start.ts'

const REPLICA_SET: ReplicaKind<ReplicaSet> = {
  type: replicaSets,
  name: 'replicaset-controller',
  component: 'replicaset-controller',
  selector: (owner) => selectorOf(owner.spec?.selector),
  countsTerminating: true,
}

/** After this long a write that never showed up in the cache is given up (see pending-writes.ts). */
const UNSETTLED_RETRY_MS = 300_000

export function replicaSetController(context: ControllerContext): Controller {
  return replicaController(context, REPLICA_SET)
}

/** The controller of one kind of replica owner. */
export function replicaController<T extends ReplicaOwner>(
  context: ControllerContext,
  kind: ReplicaKind<T>,
): Controller {
  const { client, clock } = context
  const owners = context.informers.informer(kind.type)
  const podInformer = context.informers.informer(pods)
  indexByController(owners)
  indexByController(podInformer)
  const control = createPodControl(client, context.events(kind.component))
  const pending = new PendingWrites<Pod>(podInformer, clock)

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const owner = owners.get(key)
    if (!owner) {
      pending.forget(key)
      return
    }
    const isSettled = pending.isSettled(key)
    const candidates = ownedAndOrphans(podInformer, owner)
    const active = await claimChildren<Pod, T>({
      client,
      ownerType: kind.type,
      owner,
      childType: pods,
      children: candidates.filter(isPodActive),
      selector: kind.selector(owner),
    })
    const terminating = candidates.filter((pod) => isPodTerminating(pod) && isControlledBy(pod, owner))

    let failure: unknown
    if (isSettled && owner.metadata?.deletionTimestamp === undefined) {
      const plan = planReplicas(owner.spec?.replicas ?? 1, active, relatedPods(owner), clock.now())
      failure =
        plan.create > 0
          ? await createPods({ kind, control, pending, key, owner, count: plan.create })
          : await deletePods({ control, pending, key, owner, remove: plan.remove })
    }

    const nowMs = clock.now()
    const status = replicaSetStatus({
      owner,
      active,
      terminating: kind.countsTerminating ? terminating.length : undefined,
      failure: failure === undefined ? undefined : messageOf(failure),
      nowMs,
    })
    if (isStatusNews(owner, status)) await client.resource(kind.type).updateStatus({ ...owner, status })
    if (failure !== undefined) throw failure
    if (!isSettled) return { afterMs: UNSETTLED_RETRY_MS }
    const afterMs = nextAvailabilityMs(active, owner.spec?.minReadySeconds ?? 0, nowMs)
    return afterMs === undefined ? undefined : { afterMs }
  }

  /** The pods of all owners with the same controller: the old and the new ReplicaSet of one Deployment. */
  function relatedPods(owner: T): readonly Pod[] {
    return siblings(owners, owner).flatMap((sibling) =>
      controlledBy(podInformer, sibling.metadata?.uid ?? ''),
    )
  }

  return controller(context, kind.name, {
    watches: [
      primary(owners),
      mapped(podInformer, (change) => ownersOf(change, kind.type.kind, owners, kind.selector)),
    ],
    workers: 5,
    reconcile,
  })
}

function siblings<T extends KubeObject>(owners: Informer<T>, owner: T): readonly T[] {
  const uid = controllerOf(owner)?.uid
  return uid === undefined ? [owner] : controlledBy(owners, uid)
}

interface Batch<T> {
  readonly control: PodControl
  readonly pending: PendingWrites<Pod>
  readonly key: ObjectKey
  readonly owner: T
}

/** Gives the first failure. */
async function createPods<T extends ReplicaOwner>(
  batch: Batch<T> & { readonly kind: ReplicaKind<T>; readonly count: number },
): Promise<unknown> {
  const { control, pending, key, owner, kind } = batch
  const { namespace = '', name = '' } = owner.metadata ?? {}
  const reference = controllerReference(kind.type, owner)
  const pod = podFromTemplate(owner.spec?.template ?? {}, namespace, name, reference)
  const { error } = await slowStart(batch.count, async () => {
    try {
      pending.created(key, await control.create(owner, pod))
    } catch (failure) {
      if (!isNamespaceTerminating(failure)) throw failure
    }
  })
  return error
}

/** Gives the first failure. */
async function deletePods<T extends KubeObject>(
  batch: Batch<T> & { readonly remove: readonly Pod[] },
): Promise<unknown> {
  const { control, pending, key, owner } = batch
  let first: unknown
  await Promise.all(
    batch.remove.map(async (pod) => {
      pending.deleting(key, pod)
      try {
        await control.delete(owner, pod)
      } catch (error) {
        pending.failed(key, pod)
        first ??= error
      }
    }),
  )
  return first
}
