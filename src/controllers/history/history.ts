// The kept revisions of a template: whose they are, writing a new one, and forgetting the oldest.
//
// Upstream: pkg/controller/history/controller_history.go

import type { KubeObject } from '#api/meta/object.ts'
import type { Selector } from '#api/meta/selectors.ts'
import { isAlreadyExists, isNotFound } from '#api/meta/status.ts'
import { controllerRevisions, type ResourceType } from '#api/resources.ts'
import type { ControllerRevision } from '#api/types/apps.ts'
import type { Client } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import { claimChildren } from '#controllers/claim.ts'
import { byRevision, isSameData, renamed } from '#controllers/history/revision.ts'
import { ownedAndOrphans } from '#controllers/owned-index.ts'

/** The revisions of `owner`, the oldest first; orphans that match are adopted. */
export async function claimRevisions<T extends KubeObject>(options: {
  readonly client: Client
  readonly informer: Informer<ControllerRevision>
  readonly ownerType: ResourceType<T>
  readonly owner: T
  readonly selector: Selector
}): Promise<readonly ControllerRevision[]> {
  const { client, informer, ownerType, owner, selector } = options
  const children = ownedAndOrphans(informer, owner)
  const claimed = await claimChildren<ControllerRevision, T>({
    client,
    ownerType,
    owner,
    childType: controllerRevisions,
    children,
    selector,
  })
  return claimed.sort(byRevision)
}

export interface Created {
  readonly revision: ControllerRevision
  readonly collisionCount: number
}

/** Creates `proposed`; while its name belongs to other data, under a name with a higher collision count. */
export async function createRevision(
  client: Client,
  owner: KubeObject,
  proposed: ControllerRevision,
  collisionCount: number,
): Promise<Created> {
  const resource = client.resource(controllerRevisions)
  const named = renamed(proposed, owner, collisionCount)
  try {
    return { revision: await resource.create(named), collisionCount }
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
  const { namespace = '', name = '' } = named.metadata ?? {}
  const other = await resource.get(namespace, name)
  if (isSameData(other, named)) return { revision: other, collisionCount }
  return await createRevision(client, owner, proposed, collisionCount + 1)
}

/** Deletes revisions; one that is gone already is fine. */
export async function forgetRevisions(
  client: Client,
  revisions: readonly ControllerRevision[],
): Promise<void> {
  for (const { metadata } of revisions) {
    try {
      await client.resource(controllerRevisions).delete(metadata?.namespace ?? '', metadata?.name ?? '')
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}
