// The old way of rolling back: an annotation names the revision, and the controller copies its template.
//
// Today's kubectl patches the template itself; the annotation is what `rollbackTo` of apps/v1beta1 became.
// Upstream: pkg/controller/deployment/rollback.go

import { deployments } from '#api/resources.ts'
import type { Deployment, ReplicaSet } from '#api/types/apps.ts'
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/events.ts'
import { allSets } from '#controllers/deployment/plan.ts'
import {
  annotationsAfterRollback,
  isSameTemplate,
  lastRevision,
  ROLLBACK_TO,
  revisionOf,
  withoutHash,
} from '#controllers/deployment/revisions.ts'
import type { Rollout } from '#controllers/deployment/rollout.ts'

/** The revision to roll back to, 0 for the last one; undefined when nobody asked. */
export function rollbackTarget(deployment: Deployment): number | undefined {
  const text = deployment.metadata?.annotations?.[ROLLBACK_TO] ?? ''
  return /^[+-]?\d+$/.test(text) ? Number(text) : undefined
}

export async function rollback(
  client: Client,
  events: EventRecorder,
  rollout: Rollout,
  target: number,
): Promise<void> {
  await rollout.syncRevision()
  if (!rollout.sets.newSet) await rollout.createNewSet()
  const { deployment } = rollout
  const sets = allSets(rollout.sets)
  const revision = target === 0 ? lastRevision(sets) : BigInt(target)
  const set = revision === 0n ? undefined : sets.find((candidate) => revisionOf(candidate) === revision)
  if (!set) {
    const message =
      revision === 0n ? 'Unable to find last revision.' : 'Unable to find the revision to rollback to.'
    events.event(deployment, 'Warning', 'DeploymentRollbackRevisionNotFound', message)
    await client.resource(deployments).update(withoutRequest(deployment))
    return
  }
  const name = JSON.stringify(deployment.metadata?.name)
  if (isSameTemplate(deployment.spec?.template, set.spec?.template)) {
    const message = `The rollback revision contains the same template as current deployment ${name}`
    events.event(deployment, 'Warning', 'DeploymentRollbackTemplateUnchanged', message)
    await client.resource(deployments).update(withoutRequest(deployment))
    return
  }
  await client.resource(deployments).update(withoutRequest(rolledBack(deployment, set)))
  events.event(
    deployment,
    'Normal',
    'DeploymentRollback',
    `Rolled back deployment ${name} to revision ${revision}`,
  )
}

function rolledBack(deployment: Deployment, set: ReplicaSet): Deployment {
  const template = withoutHash(set.spec?.template)
  return {
    ...deployment,
    metadata: { ...deployment.metadata, annotations: annotationsAfterRollback(deployment, set) },
    spec: { ...deployment.spec, template } as NonNullable<Deployment['spec']>,
  }
}

function withoutRequest(deployment: Deployment): Deployment {
  const { [ROLLBACK_TO]: _request, ...annotations } = deployment.metadata?.annotations ?? {}
  return { ...deployment, metadata: { ...deployment.metadata, annotations } }
}
