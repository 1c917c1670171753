// Which children belong to a controller: adopting orphans that match its selector, releasing those that do not.
//
// Ownership is by UID, so an owner of the same name that was created anew never inherits. Before the first
// adoption the owner is read from the server, since a cached owner may be one that is being deleted.
// Upstream: pkg/controller/controller_ref_manager.go

import type { KubeObject } from '#api/meta/object.ts'
import { matchesLabels, type Selector } from '#api/meta/selectors.ts'
import { isInvalid, isNotFound } from '#api/meta/status.ts'
import type { ResourceType } from '#api/resources.ts'
import type { Client } from '#client/client.ts'
import { controllerOf, controllerReference } from '#controllers/owner-references.ts'

export interface ClaimPlan<T> {
  readonly keep: readonly T[]
  readonly adopt: readonly T[]
  readonly release: readonly T[]
}

/** Sorts `children` into those that are kept, adopted and released; the others are none of `owner`'s business. */
export function planClaims<T extends KubeObject>(
  owner: KubeObject,
  selector: Selector,
  children: readonly T[],
  matches: (child: T) => boolean = () => true,
): ClaimPlan<T> {
  const keep: T[] = []
  const adopt: T[] = []
  const release: T[] = []
  const isOwnerLeaving = owner.metadata?.deletionTimestamp !== undefined
  for (const child of children) {
    const controller = controllerOf(child)
    const isMatch = matchesLabels(selector, child.metadata?.labels) && matches(child)
    if (controller) {
      if (controller.uid !== owner.metadata?.uid) continue
      if (isMatch) keep.push(child)
      else if (!isOwnerLeaving) release.push(child)
    } else if (isMatch && !isOwnerLeaving && child.metadata?.deletionTimestamp === undefined) {
      adopt.push(child)
    }
  }
  return { keep, adopt, release }
}

export interface ClaimOptions<T extends KubeObject, O extends KubeObject> {
  readonly client: Client
  readonly ownerType: ResourceType<O>
  readonly owner: O
  readonly childType: ResourceType<T>
  readonly children: readonly T[]
  readonly selector: Selector
  /** Finalizers that a child gets with its owner, and loses with it. */
  readonly finalizers?: readonly string[]
  /** A further condition for a child to match. */
  matches?(child: T): boolean
}

/** Adopts and releases, and gives the children that are `owner`'s afterwards. */
export async function claimChildren<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
): Promise<T[]> {
  const { owner, selector, children } = options
  const plan = planClaims(owner, selector, children, options.matches)
  const claimed = [...plan.keep]
  if (plan.adopt.length > 0) await assertOwnerStays(options)
  for (const child of plan.adopt) {
    const adopted = await adopt(options, child)
    if (adopted) claimed.push(adopted)
  }
  for (const child of plan.release) await release(options, child)
  return claimed
}

async function assertOwnerStays<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
): Promise<void> {
  const { client, ownerType, owner } = options
  const { namespace = '', name = '', uid } = owner.metadata ?? {}
  const fresh = await client.resource(ownerType).get(namespace, name)
  if (fresh.metadata?.uid !== uid) {
    throw new Error(
      `original ${ownerType.kind} ${namespace}/${name} is gone: got uid ${fresh.metadata?.uid}, wanted ${uid}`,
    )
  }
  if (fresh.metadata?.deletionTimestamp !== undefined) {
    throw new Error(`${namespace}/${name} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
  }
}

/** Undefined when the child went away meanwhile. */
async function adopt<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
  child: T,
): Promise<T | undefined> {
  const { client, ownerType, owner, childType } = options
  const { namespace = '', name = '', uid } = child.metadata ?? {}
  const { finalizers } = options
  const patch = {
    metadata: {
      ownerReferences: [controllerReference(ownerType, owner)],
      uid,
      ...(finalizers && { finalizers }),
    },
  }
  try {
    return await client.resource(childType).patch(namespace, name, 'strategic', patch)
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** Gone, or Invalid because another object has the name now: both mean there is nothing left to release. */
async function release<T extends KubeObject, O extends KubeObject>(
  options: ClaimOptions<T, O>,
  child: T,
): Promise<void> {
  const { client, owner, childType } = options
  const { namespace = '', name = '', uid } = child.metadata ?? {}
  const metadata = {
    ownerReferences: [{ $patch: 'delete', uid: owner.metadata?.uid }],
    uid,
    ...(options.finalizers && { '$deleteFromPrimitiveList/finalizers': options.finalizers }),
  }
  try {
    await client.resource(childType).patch(namespace, name, 'strategic', { metadata })
  } catch (error) {
    if (!isNotFound(error) && !isInvalid(error)) throw error
  }
}
