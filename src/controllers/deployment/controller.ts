// Rolls a Deployment out: makes the ReplicaSet for its template and moves replicas from the old sets to it.
//
//   Deployment ─▶ claim ReplicaSets ─▶ sync revision ─▶ plan ─▶ scale or create sets ─▶ status
//
// It never touches pods; it tells ReplicaSets their size, a step at a time, and waits for their status to
// come back through the watch. Upstream: pkg/controller/deployment. Left out: the metrics.

import type { ObjectKey } from '#api/meta/object.ts'
import { NOTHING, type Selector, selectorOf } from '#api/meta/selectors.ts'
import { deployments, pods, replicaSets } from '#api/resources.ts'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import type { Pod } from '#api/types/core.ts'
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
import { wantedReplicas } from '#controllers/deployment/fenceposts.ts'
import {
  type DeploymentSets,
  isScalingEvent,
  planCleanup,
  planRecreate,
  planRolling,
  planScaling,
} from '#controllers/deployment/plan.ts'
import { rollback, rollbackTarget } from '#controllers/deployment/rollback.ts'
import { createRollout, type Rollout } from '#controllers/deployment/rollout.ts'
import {
  deploymentStatus,
  isComplete,
  isStatusNews,
  nextProgressCheckMs,
  pausedCondition,
  rolloutStatus,
  setCondition,
} from '#controllers/deployment/status.ts'
import { controlledBy, indexByController, ownedAndOrphans, ownersOf } from '#controllers/owned-index.ts'
import { controllerOf } from '#controllers/owner-references.ts'
import { isPodTerminal } from '#controllers/pods/pod-state.ts'

/** A Deployment without requirements would own everything: it owns nothing. */
function selectorOfDeployment(deployment: Deployment): Selector {
  const selector = selectorOf(deployment.spec?.selector)
  return selector.requirements.length === 0 ? NOTHING : selector
}

export function deploymentController(context: ControllerContext): Controller {
  const { client, clock } = context
  const deploymentInformer = context.informers.informer(deployments)
  const setInformer = context.informers.informer(replicaSets)
  const podInformer = context.informers.informer(pods)
  indexByController(setInformer)
  indexByController(podInformer)
  const events = context.events('deployment-controller')

  async function reconcile(key: ObjectKey): Promise<Requeue> {
    const deployment = deploymentInformer.get(key)
    if (!deployment) return
    const selector = selectorOf(deployment.spec?.selector)
    if (!selector.matchesNothing && selector.requirements.length === 0) return refuseToSelectAll(deployment)

    const claimed = await claimChildren<ReplicaSet, Deployment>({
      client,
      ownerType: deployments,
      owner: deployment,
      childType: replicaSets,
      children: ownedAndOrphans(setInformer, deployment),
      selector,
    })
    const rollout = createRollout({ client, clock, events, sets: setInformer }, deployment, claimed)
    await advance(rollout)
    return checkProgressLater(rollout)
  }

  async function advance(rollout: Rollout): Promise<void> {
    const { deployment } = rollout
    if (deployment.metadata?.deletionTimestamp !== undefined) {
      await rollout.syncRevision()
      return reportCounts(rollout, rollout.sets)
    }
    const paused = pausedCondition(deployment, clock.now())
    if (paused) {
      const conditions = setCondition(deployment.status?.conditions ?? [], paused)
      await rollout.writeStatus({ ...deployment.status, conditions })
    }
    const isPaused = deployment.spec?.paused === true
    const target = rollbackTarget(deployment)
    if (!isPaused && target !== undefined) return rollback(client, events, rollout, target)

    await rollout.syncRevision()
    if (isPaused || isScalingEvent(rollout.deployment, rollout.sets)) {
      const before = rollout.sets
      await rollout.scale(planScaling(rollout.deployment, before))
      if (isPaused && target === undefined) await cleanUp(rollout)
      return reportCounts(rollout, before)
    }
    if (deployment.spec?.strategy?.type === 'Recreate') return advanceRecreate(rollout)
    return advanceRolling(rollout)
  }

  async function advanceRolling(rollout: Rollout): Promise<void> {
    const newSet = rollout.sets.newSet ?? (await rollout.createNewSet())
    if (!newSet) return
    const before = rollout.sets
    const steps = planRolling(rollout.deployment, newSet, before.oldSets)
    await rollout.scale(steps)
    if (steps.length === 0 && isComplete(rollout.deployment, rollout.deployment.status))
      await cleanUp(rollout)
    return report(rollout, before)
  }

  async function advanceRecreate(rollout: Rollout): Promise<void> {
    const before = rollout.sets
    const steps = planRecreate(before.oldSets)
    if (steps.length > 0) {
      await rollout.scale(steps)
      return report(rollout, before)
    }
    if (isOldPodLeft(before)) return report(rollout, before)
    const newSet = before.newSet ?? (await rollout.createNewSet())
    if (!newSet) return
    const sets = rollout.sets
    const wanted = wantedReplicas(rollout.deployment)
    if (newSet.spec?.replicas !== wanted) await rollout.scale([{ replicaSet: newSet, replicas: wanted }])
    if (isComplete(rollout.deployment, rollout.deployment.status)) await cleanUp(rollout)
    return report(rollout, sets)
  }

  /** By the sets' own counts, and by the pods that are there: counts may lag behind. */
  function isOldPodLeft({ oldSets }: DeploymentSets): boolean {
    return oldSets.some(
      (set) =>
        (set.status?.replicas ?? 0) > 0 ||
        controlledBy(podInformer, set.metadata?.uid ?? '').some((pod) => !isPodTerminal(pod)),
    )
  }

  async function cleanUp(rollout: Rollout): Promise<void> {
    for (const set of planCleanup(rollout.deployment, rollout.sets.oldSets)) await rollout.deleteSet(set)
  }

  async function reportCounts(rollout: Rollout, sets: DeploymentSets): Promise<void> {
    const status = deploymentStatus(rollout.deployment, sets, clock.now())
    if (isStatusNews(rollout.deployment, status)) await rollout.writeStatus(status)
  }

  async function report(rollout: Rollout, sets: DeploymentSets): Promise<void> {
    const status = rolloutStatus(rollout.deployment, sets, clock.now())
    if (isStatusNews(rollout.deployment, status)) await rollout.writeStatus(status)
  }

  function checkProgressLater(rollout: Rollout): Requeue {
    if (rollout.deployment.spec?.paused === true) return
    const afterMs = nextProgressCheckMs(rollout.deployment, clock.now())
    return afterMs === undefined ? undefined : { afterMs }
  }

  async function refuseToSelectAll(deployment: Deployment): Promise<undefined> {
    const message = 'This deployment is selecting all pods. A non-empty selector is required.'
    events.event(deployment, 'Warning', 'SelectingAll', message)
    const observedGeneration = deployment.metadata?.generation ?? 0
    if ((deployment.status?.observedGeneration ?? 0) >= observedGeneration) return
    const status = { ...deployment.status, observedGeneration }
    await client.resource(deployments).updateStatus({ ...deployment, status })
  }

  /** A Recreate rollout goes on when the last old pod is gone, which no ReplicaSet's status tells. */
  function deploymentsOfPod(change: Change<Pod>): readonly ObjectKey[] {
    if (change.type !== 'deleted') return []
    const owner = controllerOf(change.object)
    const namespace = change.object.metadata?.namespace ?? ''
    const set = owner?.kind === 'ReplicaSet' ? setInformer.get(`${namespace}/${owner.name}`) : undefined
    const deploymentName = set && controllerOf(set)?.name
    const deployment = deploymentName ? deploymentInformer.get(`${namespace}/${deploymentName}`) : undefined
    return deployment?.spec?.strategy?.type === 'Recreate' ? [`${namespace}/${deploymentName}`] : []
  }

  return controller(context, 'deployment-controller', {
    watches: [
      primary(deploymentInformer),
      mapped(setInformer, (change) =>
        ownersOf(change, 'Deployment', deploymentInformer, selectorOfDeployment),
      ),
      mapped(podInformer, deploymentsOfPod),
    ],
    workers: 5,
    reconcile,
  })
}
