// Carrying out the steps of a StatefulSet: pods and their claims, each told in an event.
//
// Invariant: a pod is created only after all its claims are there, so that it never runs without its storage.
// Upstream: pkg/controller/statefulset/stateful_pod_control.go

import { type KubeObject, keyOf } from '#api/meta/object.ts'
import { isAlreadyExists, isNotFound } from '#api/meta/status.ts'
import { persistentVolumeClaims, pods } from '#api/resources.ts'
import type { StatefulSet } from '#api/types/apps.ts'
import type { PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { EventRecorder } from '#client/events.ts'
import type { Informer } from '#client/informer.ts'
import type { PendingWrites } from '#controllers/pending-writes.ts'
import { messageOf } from '#controllers/pods/pod-control.ts'
import { claimOwners, hasForeignController } from '#controllers/statefulset/claims.ts'
import { claimsOf } from '#controllers/statefulset/identity.ts'
import type { StatefulStep } from '#controllers/statefulset/plan.ts'

type Verb = 'Create' | 'Update' | 'Delete'

export interface StatefulPods {
  /** Tells of a failure before it rejects. */
  execute(set: StatefulSet, step: StatefulStep): Promise<void>
}

export function createStatefulPods(options: {
  readonly client: Client
  readonly events: EventRecorder
  readonly claims: Informer<PersistentVolumeClaim>
  readonly pending: PendingWrites<Pod>
}): StatefulPods {
  const { client, events, claims, pending } = options

  /** Runs `work`, and tells that `what` succeeded or failed; a success without change is not told. */
  async function told<T>(set: StatefulSet, verb: Verb, what: string, work: () => Promise<T>): Promise<T> {
    const name = set.metadata?.name
    try {
      const result = await work()
      events.event(set, 'Normal', `Successful${verb}`, `${verb} ${what} in StatefulSet ${name} successful`)
      return result
    } catch (error) {
      const text = `${verb} ${what} in StatefulSet ${name} failed error: ${messageOf(error)}`
      if (!isAlreadyExists(error)) events.event(set, 'Warning', `Failed${verb}`, text)
      throw error
    }
  }

  async function createClaims(set: StatefulSet, { ordinal, pod }: StatefulStep): Promise<void> {
    const failures: string[] = []
    for (const claim of claimsOf(set, ordinal).values()) {
      const name = claim.metadata?.name
      const existing = claims.get(keyOf(claim)) ?? (await createClaim(set, pod, claim, failures))
      if (existing?.metadata?.deletionTimestamp !== undefined) failures.push(`pvc ${name} is being deleted`)
    }
    if (failures.length > 0) throw new Error(aggregate(failures))
  }

  /** Gives the claim when it exists already, which the cache does not know yet. */
  async function createClaim(
    set: StatefulSet,
    pod: Pod,
    claim: PersistentVolumeClaim,
    failures: string[],
  ): Promise<PersistentVolumeClaim | undefined> {
    const resource = client.resource(persistentVolumeClaims)
    const { namespace = '', name = '' } = claim.metadata ?? {}
    const where = `Pod ${pod.metadata?.name} in StatefulSet ${set.metadata?.name}`
    try {
      await resource.create(claim)
      events.event(set, 'Normal', 'SuccessfulCreate', `Create Claim ${name} ${where} success`)
    } catch (error) {
      if (isAlreadyExists(error)) return await resource.get(namespace, name)
      const message = messageOf(error)
      events.event(
        set,
        'Warning',
        'FailedCreate',
        `Create Claim ${name} for ${where} failed error: ${message}`,
      )
      failures.push(`failed to create PVC ${name}: ${message}`)
    }
    return undefined
  }

  async function updateOwners(set: StatefulSet, { ordinal, pod }: StatefulStep): Promise<void> {
    for (const { metadata } of claimsOf(set, ordinal).values()) {
      const claim = claims.get(keyOf({ metadata } as KubeObject))
      if (!claim) continue
      if (hasForeignController(claim, set, pod)) {
        const text = `PersistentVolumeClaim ${metadata?.name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
        events.event(set, 'Warning', 'ConflictingController', text)
      }
      const ownerReferences = claimOwners(claim, set, pod)
      if (!ownerReferences) continue
      await client
        .resource(persistentVolumeClaims)
        .update({ ...claim, metadata: { ...claim.metadata, ownerReferences } })
    }
  }

  async function create(set: StatefulSet, step: StatefulStep): Promise<void> {
    await createClaims(set, step)
    pending.created(keyOf(set), await client.resource(pods).create(step.pod))
    await updateOwners(set, step)
  }

  async function repair(set: StatefulSet, step: StatefulStep): Promise<void> {
    await createClaims(set, step)
    await updateOwners(set, step)
    pending.updated(keyOf(set), await client.resource(pods).update(step.pod))
  }

  async function remove(set: StatefulSet, { pod }: StatefulStep): Promise<void> {
    const { namespace = '', name = '' } = pod.metadata ?? {}
    pending.deleting(keyOf(set), pod)
    try {
      await client.resource(pods).delete(namespace, name)
    } catch (error) {
      if (isNotFound(error)) return
      pending.failed(keyOf(set), pod)
      throw error
    }
  }

  return {
    async execute(set, step) {
      const what = `Pod ${step.pod.metadata?.name}`
      switch (step.action) {
        case 'create':
          return await told(set, 'Create', what, () => create(set, step))
        case 'repair':
          return await told(set, 'Update', what, () => repair(set, step))
        case 'delete':
        case 'replace':
          return await told(set, 'Delete', what, () => remove(set, step))
        case 'claims':
          await createClaims(set, step)
          return await updateOwners(set, step)
        case 'owners':
          return await updateOwners(set, step)
      }
    },
  }
}

/** One message of several, as the original joins them. */
function aggregate(messages: readonly string[]): string {
  const distinct = [...new Set(messages)]
  return distinct.length === 1 ? `${distinct[0]}` : `[${distinct.join(', ')}]`
}
