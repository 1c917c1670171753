// The collector's reads and writes: always of the server's current state, never of a cache.
//
// A deletion names UID and resourceVersion, so that an object that was given a new owner meanwhile, or was
// replaced by one of the same name, is not hit. Upstream: pkg/controller/garbagecollector/operations.go, patch.go

import { semanticEqual } from '#api/meta/equality.ts'
import type { KubeObject, OwnerReference } from '#api/meta/object.ts'
import { isConflict, isNotFound, StatusError } from '#api/meta/status.ts'
import type { Client } from '#client/client.ts'
import type { GraphNode } from '#controllers/garbage-collector/graph.ts'

type Coordinates = Pick<GraphNode, 'type' | 'namespace' | 'name' | 'uid'>

export class LiveObjects {
  readonly #client: Client

  constructor(client: Client) {
    this.#client = client
  }

  /** Undefined when there is no object of that name, or when it has another UID. */
  async get({ type, namespace, name, uid }: Coordinates): Promise<KubeObject | undefined> {
    try {
      const object = await this.#client.resource(type).get(type.namespaced ? namespace : '', name)
      return object.metadata?.uid === uid ? object : undefined
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  /** Deletes `object`, unless its owners changed since it was read; false when it was gone already. */
  async delete(
    node: Coordinates,
    object: KubeObject,
    policy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<boolean> {
    const resource = this.#client.resource(node.type)
    const { resourceVersion } = object.metadata ?? {}
    const remove = (preconditions: { uid: string; resourceVersion?: string }): Promise<void> =>
      resource.delete(node.namespace, node.name, { propagationPolicy: policy, preconditions })
    try {
      await remove({ uid: node.uid, ...(resourceVersion && { resourceVersion }) })
      return true
    } catch (error) {
      if (isNotFound(error)) return false
      if (!isConflict(error)) throw error
      // Changed, but perhaps not in what matters here: a status that moves must not save it for ever.
      const fresh = await this.get(node)
      if (!fresh) return false
      if (!semanticEqual(fresh.metadata?.ownerReferences, object.metadata?.ownerReferences)) throw error
      await remove({ uid: node.uid })
      return true
    }
  }

  /** Takes references to `owners` off; an object that is gone is fine. */
  async dropOwners(node: Coordinates, owners: readonly string[]): Promise<void> {
    const references = owners.map((uid) => ({ $patch: 'delete', uid }))
    await this.#patchOwners(node, references, (current) => current.filter(({ uid }) => !owners.includes(uid)))
  }

  /** The object's owners need not wait for it any more. */
  async unblockOwners(node: Coordinates, owners: readonly OwnerReference[]): Promise<void> {
    const references = owners
      .filter(({ blockOwnerDeletion }) => blockOwnerDeletion)
      .map((reference) => ({ ...reference, blockOwnerDeletion: false }))
    await this.#patchOwners(node, references, (current) =>
      current.map((reference) => ({ ...reference, blockOwnerDeletion: false })),
    )
  }

  /** Strategic where the server has it for this kind, else the whole list from the current state. */
  async #patchOwners(
    node: Coordinates,
    references: readonly object[],
    change: (current: readonly OwnerReference[]) => readonly OwnerReference[],
  ): Promise<void> {
    const resource = this.#client.resource(node.type)
    const patch = { metadata: { ownerReferences: references, uid: node.uid } }
    try {
      await resource.patch(node.namespace, node.name, 'strategic', patch)
    } catch (error) {
      if (isNotFound(error)) return
      if (!(error instanceof StatusError && error.code === 415)) throw error
      const current = await this.get(node)
      if (!current) return
      const { resourceVersion, ownerReferences = [] } = current.metadata ?? {}
      const next = change(ownerReferences)
      const metadata = { resourceVersion, ownerReferences: next.length > 0 ? next : null }
      await resource.patch(node.namespace, node.name, 'merge', { metadata })
    }
  }

  /** Takes one finalizer off; tries again when somebody else writes at the same time. */
  async removeFinalizer(node: Coordinates, finalizer: string): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const object = await this.get(node)
      const finalizers = object?.metadata?.finalizers ?? []
      if (!object || !finalizers.includes(finalizer)) return
      const rest = finalizers.filter((name) => name !== finalizer)
      const metadata = {
        resourceVersion: object.metadata?.resourceVersion,
        finalizers: rest.length > 0 ? rest : null,
      }
      try {
        await this.#client.resource(node.type).patch(node.namespace, node.name, 'merge', { metadata })
        return
      } catch (error) {
        if (isNotFound(error)) return
        if (!isConflict(error) || attempt >= MAX_ATTEMPTS) throw error
      }
    }
  }
}

const MAX_ATTEMPTS = 4
