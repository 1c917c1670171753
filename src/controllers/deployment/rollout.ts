// One pass over one Deployment: what is known of it, brought up to date with each write that the pass makes.
//
// Every write answers with the object's new state, from which the pass goes on; so the last write of a pass
// does not collide with its first. Upstream: pkg/controller/deployment/sync.go

import { semanticEqual } from '#api/meta/equality.ts'
import { keyOf } from '#api/meta/object.ts'
import { isAlreadyExists, isNamespaceTerminating, isNotFound } from '#api/meta/status.ts'
import { deployments, replicaSets } from '#api/resources.ts'
import type { Deployment, DeploymentCondition, DeploymentStatus, ReplicaSet } from '#api/types/apps.ts'
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/events.ts'
import type { Informer } from '#client/informer.ts'
import { specReplicas } from '#controllers/deployment/fenceposts.ts'
import { allSets, type DeploymentSets, nextNewSize, type Scale } from '#controllers/deployment/plan.ts'
import {
  findNewReplicaSet,
  isSameTemplate,
  maxRevision,
  newReplicaSet,
  newSetAnnotations,
  REVISION,
  replicasAnnotations,
} from '#controllers/deployment/revisions.ts'
import {
  findCondition,
  hasProgressDeadline,
  newCondition,
  setCondition,
} from '#controllers/deployment/status.ts'
import { isControlledBy } from '#controllers/owner-references.ts'
import type { Clock } from '#sys/clock.ts'

export interface RolloutTools {
  readonly client: Client
  readonly clock: Clock
  readonly events: EventRecorder
  readonly sets: Informer<ReplicaSet>
}

export interface Rollout {
  /** The Deployment as of the last write. */
  readonly deployment: Deployment
  readonly sets: DeploymentSets
  /** Gives the new set and the Deployment the right annotations. */
  syncRevision(): Promise<void>
  /** Undefined when it cannot be created now, which is then told in the status. */
  createNewSet(): Promise<ReplicaSet | undefined>
  scale(steps: readonly Scale[]): Promise<void>
  deleteSet(set: ReplicaSet): Promise<void>
  writeStatus(status: DeploymentStatus): Promise<void>
}

export function createRollout(
  tools: RolloutTools,
  start: Deployment,
  claimed: readonly ReplicaSet[],
): Rollout {
  const { client, clock, events } = tools
  let deployment = start
  let newSet = findNewReplicaSet(start, claimed)
  let oldSets = claimed.filter((set) => set.metadata?.uid !== newSet?.metadata?.uid)

  async function writeStatus(
    status: DeploymentStatus,
    annotations = deployment.metadata?.annotations,
  ): Promise<void> {
    deployment = await client.resource(deployments).updateStatus({
      ...deployment,
      metadata: { ...deployment.metadata, ...(annotations && { annotations }) },
      status,
    })
  }

  /** Writes the revision and a first Progressing condition, where they are news. */
  async function writeRevision(revision: string, condition: DeploymentCondition | undefined): Promise<void> {
    const annotations = { ...deployment.metadata?.annotations, [REVISION]: revision }
    const old = deployment.status?.conditions ?? []
    const conditions = condition ? setCondition(old, condition) : old
    if (deployment.metadata?.annotations?.[REVISION] === revision && conditions === old) return
    await writeStatus({ ...deployment.status, conditions }, annotations)
  }

  async function syncRevision(): Promise<void> {
    if (!newSet) return
    const set = newSet
    const annotations = newSetAnnotations(deployment, set.metadata?.annotations, maxRevision(oldSets) + 1n)
    const minReadySeconds = deployment.spec?.minReadySeconds ?? 0
    if (annotations !== set.metadata?.annotations || (set.spec?.minReadySeconds ?? 0) !== minReadySeconds) {
      newSet = await client.resource(replicaSets).update({
        ...set,
        metadata: { ...set.metadata, ...(annotations && { annotations }) },
        spec: { ...set.spec, minReadySeconds } as NonNullable<ReplicaSet['spec']>,
      })
      return
    }
    const isProgressUnknown =
      hasProgressDeadline(deployment) && !findCondition(deployment.status?.conditions, 'Progressing')
    const message = `Found new replica set ${JSON.stringify(set.metadata?.name)}`
    await writeRevision(
      set.metadata?.annotations?.[REVISION] ?? '',
      isProgressUnknown
        ? newCondition('Progressing', 'True', 'FoundNewReplicaSet', message, clock.now())
        : undefined,
    )
  }

  async function createNewSet(): Promise<ReplicaSet | undefined> {
    const revision = maxRevision(oldSets) + 1n
    const replicas = nextNewSize(deployment, oldSets, 0)
    const wanted = newReplicaSet(deployment, replicas, revision)
    const name = wanted.metadata?.name ?? ''
    let isNew = true
    try {
      newSet = await client.resource(replicaSets).create(wanted)
    } catch (error) {
      if (isNamespaceTerminating(error)) throw error
      if (!isAlreadyExists(error)) return failToCreate(name, error)
      newSet = await existingSet(wanted, error)
      isNew = false
    }
    if (isNew && replicas > 0) {
      const message = `Scaled up replica set ${name} from 0 to ${replicas}`
      events.event(deployment, 'Normal', 'ScalingReplicaSet', message)
    }
    const message = `Created new replica set ${JSON.stringify(name)}`
    const isTold = isNew && hasProgressDeadline(deployment)
    await writeRevision(
      String(revision),
      isTold ? newCondition('Progressing', 'True', 'NewReplicaSetCreated', message, clock.now()) : undefined,
    )
    return newSet
  }

  /** The set of that name: ours, which the cache showed late, or one with another template and the same hash. */
  async function existingSet(wanted: ReplicaSet, error: unknown): Promise<ReplicaSet> {
    const existing = tools.sets.get(keyOf(wanted))
    if (!existing) throw error
    if (
      isControlledBy(existing, deployment) &&
      isSameTemplate(existing.spec?.template, deployment.spec?.template)
    ) {
      return existing
    }
    // Counted in the status, so that the next pass hashes to another name.
    await writeStatus({ ...deployment.status, collisionCount: (deployment.status?.collisionCount ?? 0) + 1 })
    throw error
  }

  async function failToCreate(name: string, error: unknown): Promise<never> {
    const reason = 'ReplicaSetCreateError'
    const cause = error instanceof Error ? error.message : String(error)
    const message = `Failed to create new replica set ${JSON.stringify(name)}: ${cause}`
    events.event(deployment, 'Warning', reason, message)
    if (hasProgressDeadline(deployment)) {
      const condition = newCondition('Progressing', 'False', reason, message, clock.now())
      const conditions = setCondition(deployment.status?.conditions ?? [], condition)
      if (conditions !== deployment.status?.conditions)
        await writeStatus({ ...deployment.status, conditions })
    }
    throw error
  }

  async function scaleOne(replicaSet: ReplicaSet, replicas: number): Promise<void> {
    const current = allSets({ newSet, oldSets }).find((set) => set.metadata?.uid === replicaSet.metadata?.uid)
    if (!current) return
    const before = specReplicas(current)
    const annotations = { ...current.metadata?.annotations, ...replicasAnnotations(deployment) }
    if (before === replicas && semanticEqual(annotations, current.metadata?.annotations)) return
    const updated = await client.resource(replicaSets).update({
      ...current,
      metadata: { ...current.metadata, annotations },
      spec: { ...current.spec, replicas } as NonNullable<ReplicaSet['spec']>,
    })
    if (current === newSet) newSet = updated
    else oldSets = oldSets.map((set) => (set === current ? updated : set))
    if (before === replicas) return
    const direction = before < replicas ? 'up' : 'down'
    const message = `Scaled ${direction} replica set ${current.metadata?.name} from ${before} to ${replicas}`
    events.event(deployment, 'Normal', 'ScalingReplicaSet', message)
  }

  return {
    get deployment() {
      return deployment
    },
    get sets() {
      return { newSet, oldSets }
    },
    syncRevision,
    createNewSet,
    async scale(steps) {
      for (const { replicaSet, replicas } of steps) await scaleOne(replicaSet, replicas)
    },
    async deleteSet(set) {
      try {
        await client.resource(replicaSets).delete(set.metadata?.namespace ?? '', set.metadata?.name ?? '')
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
    writeStatus: (status) => writeStatus(status),
  }
}
