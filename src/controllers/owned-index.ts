// Finding the pods of an owner without scanning: an index by controller UID, with the orphans of a namespace.
//
// Upstream: pkg/controller/controller_utils.go (FilterPodsByOwner, PodControllerIndex)

import type { KubeObject, ObjectKey } from '#api/meta/object.ts'
import { keyOf } from '#api/meta/object.ts'
import { matchesLabels, type Selector } from '#api/meta/selectors.ts'
import type { Change, Informer } from '#client/informer.ts'
import { ownerKeys } from '#controllers/controller.ts'
import { controllerOf } from '#controllers/owner-references.ts'

const INDEX = 'controllers/owner'

/** Declares the index; to be called before the others are used. */
export function indexByController<T extends KubeObject>(informer: Informer<T>): void {
  informer.addIndex(INDEX, (object) => [
    controllerOf(object)?.uid ?? `orphan/${object.metadata?.namespace ?? ''}`,
  ])
}

/** What is controlled by the owner with this UID. */
export function controlledBy<T extends KubeObject>(informer: Informer<T>, uid: string): readonly T[] {
  return informer.byIndex(INDEX, uid)
}

/** What `owner` controls, and what nobody controls in its namespace. */
export function ownedAndOrphans<T extends KubeObject>(
  informer: Informer<T>,
  owner: KubeObject,
): readonly T[] {
  const { uid = '', namespace = '' } = owner.metadata ?? {}
  return [...informer.byIndex(INDEX, uid), ...informer.byIndex(INDEX, `orphan/${namespace}`)]
}

/**
 * The keys of the owners that a change of a child concerns: its controllers before and after, and for an
 * orphan everyone in its namespace whose selector matches. An orphan that goes away concerns nobody.
 */
export function ownersOf<T extends KubeObject, O extends KubeObject>(
  change: Change<T>,
  kind: string,
  owners: Informer<O>,
  selectorOf: (owner: O) => Selector,
): readonly ObjectKey[] {
  const keys = ownerKeys(change, kind)
  const { object } = change
  if (controllerOf(object) || change.type === 'deleted') return keys
  if (change.type === 'updated' && keys.length === 0 && sameLabels(change.object, change.previous))
    return keys
  const matching = owners
    .list(object.metadata?.namespace ?? '')
    .filter((owner) => matchesLabels(selectorOf(owner), object.metadata?.labels))
  return [...new Set([...keys, ...matching.map(keyOf)])]
}

function sameLabels(a: KubeObject, b: KubeObject): boolean {
  return JSON.stringify(a.metadata?.labels) === JSON.stringify(b.metadata?.labels)
}
