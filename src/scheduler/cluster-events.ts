// What happens in a cluster, as far as it can make a waiting pod schedulable, and what plugins ask about it. Pure.
//
// Each plugin says by `isHelpedBy` which of these events could change its verdict about a pod; all others leave the pod
// asleep. Upstream: pkg/scheduler/framework/events.go, and EventsToRegister of each plugin

import { semanticEqual } from '#api/meta/equality.ts'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '#api/types/core.ts'
import type { CSIDriver, CSINode, CSIStorageCapacity, StorageClass } from '#api/types/storage.ts'

/** What `previous` lacks has just come. */
interface Came<Type extends string, T> {
  readonly type: Type
  readonly object: T
  readonly previous: T | undefined
}

export type ClusterEvent =
  | { readonly type: 'node-added'; readonly node: Node }
  | { readonly type: 'node-updated'; readonly node: Node; readonly previous: Node }
  | { readonly type: 'node-deleted'; readonly node: Node }
  | { readonly type: 'assigned-pod-added'; readonly pod: Pod }
  | { readonly type: 'assigned-pod-updated'; readonly pod: Pod; readonly previous: Pod }
  | { readonly type: 'assigned-pod-deleted'; readonly pod: Pod }
  | Came<'claim', PersistentVolumeClaim>
  | Came<'volume', PersistentVolume>
  | Came<'storage-class', StorageClass>
  | Came<'csi-node', CSINode>
  | Came<'csi-driver', CSIDriver>
  | Came<'storage-capacity', CSIStorageCapacity>
  | { readonly type: 'attachment-deleted' }

/** The node as it is after an event, and as it was: undefined for one that has just come. */
export function nodeChange(
  event: ClusterEvent,
): { readonly node: Node; readonly previous: Node | undefined } | undefined {
  if (event.type === 'node-added') return { node: event.node, previous: undefined }
  return event.type === 'node-updated' ? event : undefined
}

/** A node came, or its labels are others. */
export function isNodeOfOtherLabels(event: ClusterEvent): boolean {
  const change = nodeChange(event)
  return (
    change !== undefined && !semanticEqual(change.node.metadata?.labels, change.previous?.metadata?.labels)
  )
}
