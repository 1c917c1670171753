// The revisions of a DaemonSet: which one its template is, written when it is new.
//
// Unlike those of a StatefulSet they are named by the hash of the template, as ReplicaSets are.
// Upstream: pkg/controller/daemon/update.go (constructHistory, snapshot). Left out: revisions without their
// label, and several with the same data (both come from versions long gone).

import { selectorOf } from '#api/meta/selectors.ts'
import { isAlreadyExists } from '#api/meta/status.ts'
import { controllerRevisions, daemonSets } from '#api/resources.ts'
import type { ControllerRevision, DaemonSet } from '#api/types/apps.ts'
import type { Client } from '#client/client.ts'
import type { Informer } from '#client/informer.ts'
import { HASH_LABEL } from '#controllers/daemonset/placement.ts'
import { templateHash } from '#controllers/hash/template-hash.ts'
import { claimRevisions } from '#controllers/history/history.ts'
import { isSameData, nextNumber, templatePatch } from '#controllers/history/revision.ts'
import { controllerReference } from '#controllers/owner-references.ts'

export interface DaemonRevisions {
  readonly current: ControllerRevision
  /** The oldest first. */
  readonly old: readonly ControllerRevision[]
}

export async function daemonRevisions(
  client: Client,
  informer: Informer<ControllerRevision>,
  set: DaemonSet,
): Promise<DaemonRevisions> {
  const selector = selectorOf(set.spec?.selector)
  const all = await claimRevisions({ client, informer, ownerType: daemonSets, owner: set, selector })
  const proposed = snapshot(set, 0)
  const old = all.filter((revision) => !isSameData(revision, proposed))
  const known = all.findLast((revision) => isSameData(revision, proposed))
  const revision = nextNumber(old)
  if (!known) return { current: await create(client, set, { ...proposed, revision }), old }
  if (known.revision >= revision) return { current: known, old }
  return { current: await client.resource(controllerRevisions).update({ ...known, revision }), old }
}

export const hashOf = (revision: ControllerRevision): string => revision.metadata?.labels?.[HASH_LABEL] ?? ''

function snapshot(set: DaemonSet, revision: number): ControllerRevision {
  const { name, namespace = '', annotations } = set.metadata ?? {}
  const hash = templateHash(set.spec?.template ?? {}, set.status?.collisionCount)
  return {
    apiVersion: 'apps/v1',
    kind: 'ControllerRevision',
    metadata: {
      namespace,
      name: `${name}-${hash}`,
      labels: { ...set.spec?.template.metadata?.labels, [HASH_LABEL]: hash },
      ...(annotations && { annotations }),
      ownerReferences: [controllerReference(daemonSets, set)],
    },
    data: templatePatch(set),
    revision,
  }
}

/** When the name belongs to another template, the set counts a collision and tries another name next time. */
async function create(
  client: Client,
  set: DaemonSet,
  revision: ControllerRevision,
): Promise<ControllerRevision> {
  const { namespace = '', name = '' } = revision.metadata ?? {}
  const resource = client.resource(controllerRevisions)
  try {
    return await resource.create(revision)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    const other = await resource.get(namespace, name)
    if (isSameData(other, revision)) return other
    await countCollision(client, set)
    throw error
  }
}

async function countCollision(client: Client, set: DaemonSet): Promise<void> {
  const resource = client.resource(daemonSets)
  const fresh = await resource.get(set.metadata?.namespace ?? '', set.metadata?.name ?? '')
  const [seen, now] = [set.status?.collisionCount, fresh.status?.collisionCount]
  if (seen !== now || !fresh.status) return
  await resource.updateStatus({ ...fresh, status: { ...fresh.status, collisionCount: (now ?? 0) + 1 } })
}
