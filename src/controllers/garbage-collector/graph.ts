// Who owns whom: a node for each object, found by UID, with edges from its owner references. No I/O.
//
//   ReplicaSet web-66bb (uid a) ◀──owner── Pod web-66bb-x (uid b)      dependents: a → {b}
//
// Edges are kept by the owner's UID whether or not the owner has been seen, since watches of different kinds
// are not in step. Each change says which objects have to be looked at again; whether an owner really is gone
// is asked of the server and never read out of the graph.
// Upstream: pkg/controller/garbagecollector/{graph,graph_builder}.go. Upstream makes virtual nodes for owners
// that it has not seen and visits them; here the dependents are visited.

import { apiVersionOf, type KubeObject, type OwnerReference } from '#api/meta/object.ts'
import type { DiscoveredResource } from '#controllers/discovery.ts'

export const FOREGROUND = 'foregroundDeletion'
export const ORPHAN = 'orphan'

export interface GraphNode {
  readonly uid: string
  readonly type: DiscoveredResource
  readonly namespace: string
  readonly name: string
  readonly owners: readonly OwnerReference[]
  readonly isBeingDeleted: boolean
  /** It waits for its dependents to go first. */
  readonly isDeletingDependents: boolean
  /** It waits for its dependents to be let go. */
  readonly isOrphaning: boolean
}

/** UIDs to look at again. */
export interface GraphWork {
  readonly visit: ReadonlySet<string>
  readonly orphan: ReadonlySet<string>
  /** Nodes whose owner lives in another namespace: UID of the node, UID of the owner. */
  readonly strangers: readonly (readonly [string, string])[]
}

export class OwnerGraph {
  readonly #nodes = new Map<string, GraphNode>()
  /** By the owner's UID. */
  readonly #dependents = new Map<string, Set<string>>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  dependentsOf(uid: string): readonly GraphNode[] {
    return [...(this.#dependents.get(uid) ?? [])].flatMap((dependent) => this.#nodes.get(dependent) ?? [])
  }

  /** An object appeared or changed. */
  put(type: DiscoveredResource, object: KubeObject): GraphWork {
    const next = nodeOf(type, object)
    const old = this.#nodes.get(next.uid)
    const visit = new Set<string>()
    this.#nodes.set(next.uid, next)
    for (const { uid } of old?.owners ?? []) this.#unlink(uid, next.uid)
    for (const { uid } of next.owners) this.#link(uid, next.uid)

    const strangers: [string, string][] = []
    const before = new Map((old?.owners ?? []).map((reference) => [reference.uid, reference]))
    for (const reference of next.owners) {
      if (!before.has(reference.uid)) {
        if (!this.#isKnownOwner(next, reference)) visit.add(next.uid)
        if (this.#isInOtherNamespace(next, reference.uid)) strangers.push([next.uid, reference.uid])
      }
    }
    for (const uid of unblocked(old?.owners ?? [], next.owners)) visit.add(uid)
    // Dependents that came before their owner may name it wrongly, which shows only now.
    for (const dependent of old ? [] : this.dependentsOf(next.uid)) {
      const reference = dependent.owners.find(({ uid }) => uid === next.uid)
      if (reference && !this.#isKnownOwner(dependent, reference)) visit.add(dependent.uid)
      if (this.#isInOtherNamespace(dependent, next.uid)) strangers.push([dependent.uid, next.uid])
    }
    const orphan = new Set(next.isOrphaning && !old?.isOrphaning ? [next.uid] : [])
    if (orphan.size === 0 && next.isDeletingDependents && !old?.isDeletingDependents) {
      for (const dependent of this.dependentsOf(next.uid)) visit.add(dependent.uid)
      visit.add(next.uid)
    }
    return { visit, orphan, strangers }
  }

  /** An object went away. */
  remove(uid: string): GraphWork {
    const node = this.#nodes.get(uid)
    const visit = new Set<string>()
    if (node) {
      this.#nodes.delete(uid)
      for (const owner of node.owners) this.#unlink(owner.uid, uid)
      for (const dependent of this.dependentsOf(uid)) visit.add(dependent.uid)
      for (const owner of node.owners) {
        if (this.#nodes.get(owner.uid)?.isDeletingDependents) visit.add(owner.uid)
      }
    }
    return { visit, orphan: new Set(), strangers: [] }
  }

  /** Whether all owners of a node are there, are who the node says they are, and stay. */
  hasOnlyLastingOwners(node: GraphNode): boolean {
    return node.owners.every(
      (reference) =>
        this.#isKnownOwner(node, reference) && !this.#nodes.get(reference.uid)?.isDeletingDependents,
    )
  }

  /** The dependents without which the owner may not go. */
  blockingDependents(uid: string): readonly GraphNode[] {
    return this.dependentsOf(uid).filter((dependent) =>
      dependent.owners.some((reference) => reference.uid === uid && reference.blockOwnerDeletion === true),
    )
  }

  #isKnownOwner(node: GraphNode, reference: OwnerReference): boolean {
    const owner = this.#nodes.get(reference.uid)
    if (!owner) return false
    return (
      owner.type.kind === reference.kind &&
      owner.name === reference.name &&
      reference.apiVersion.startsWith(
        owner.type.group === '' ? owner.type.version : `${owner.type.group}/`,
      ) &&
      (owner.namespace === '' || owner.namespace === node.namespace)
    )
  }

  #isInOtherNamespace(node: GraphNode, ownerUid: string): boolean {
    const owner = this.#nodes.get(ownerUid)
    return owner !== undefined && owner.namespace !== '' && owner.namespace !== node.namespace
  }

  #link(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner) ?? new Set<string>()
    this.#dependents.set(owner, dependents.add(dependent))
  }

  #unlink(owner: string, dependent: string): void {
    const dependents = this.#dependents.get(owner)
    dependents?.delete(dependent)
    if (dependents?.size === 0) this.#dependents.delete(owner)
  }
}

function nodeOf(type: DiscoveredResource, object: KubeObject): GraphNode {
  const { uid = '', namespace = '', name = '', ownerReferences = [], finalizers = [] } = object.metadata ?? {}
  const isBeingDeleted = object.metadata?.deletionTimestamp !== undefined
  return {
    uid,
    type,
    namespace,
    name,
    owners: ownerReferences,
    isBeingDeleted,
    isDeletingDependents: isBeingDeleted && finalizers.includes(FOREGROUND),
    isOrphaning: isBeingDeleted && finalizers.includes(ORPHAN),
  }
}

/** The owners that a node blocked before and does not block any more. */
function unblocked(old: readonly OwnerReference[], next: readonly OwnerReference[]): readonly string[] {
  const stillBlocked = new Set(
    next.filter(({ blockOwnerDeletion }) => blockOwnerDeletion).map(({ uid }) => uid),
  )
  return old.flatMap(({ uid, blockOwnerDeletion }) =>
    blockOwnerDeletion && !stillBlocked.has(uid) ? [uid] : [],
  )
}

/** How an object is named in events and messages. */
export function describe(reference: OwnerReference, namespace: string): string {
  return `[${reference.apiVersion}/${reference.kind}, namespace: ${namespace}, name: ${reference.name}, uid: ${reference.uid}]`
}

export const apiVersionOfType = (type: DiscoveredResource): string => apiVersionOf(type.group, type.version)
