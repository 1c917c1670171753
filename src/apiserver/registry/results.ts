// What the registry gives out: lists and watches of objects in their storage version.

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject, ListMeta } from '#api/meta/object.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'

export interface RegistryList {
  readonly kind: KindDefinition
  /** The version that the client asked for. */
  readonly version: string
  readonly resourceVersion: string
  /** '' when the list is complete. */
  readonly continue: string
  readonly remainingItemCount?: number
  readonly items: readonly StoredObject[]
}

/** The metadata of a list as it goes to the client. */
export function listMeta(list: RegistryList): ListMeta & JsonObject {
  return {
    resourceVersion: list.resourceVersion,
    ...(list.continue !== '' && { continue: list.continue }),
    ...(list.remainingItemCount !== undefined && { remainingItemCount: list.remainingItemCount }),
  }
}

export interface RegistryWatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  /** In the storage version; frozen. */
  readonly object: JsonObject
  /** The state that is told of, with its encodings; absent for bookmarks. */
  readonly state?: StoredObject
  /** What goes over the wire, by format: made for the first who watches in that format, sent to all others as it is. */
  readonly frames?: Map<string, Buffer>
}

/** Takes events; a promise means that the receiver is full, and the watch waits for it. */
export type Deliver = (events: readonly RegistryWatchEvent[]) => Promise<void> | undefined

export interface RegistryWatch {
  readonly kind: KindDefinition
  readonly version: string
  /**
   * Delivers events in order; resolves when the watch ends, rejects with the StatusError of an ERROR event. Calls
   * `onBegun` when the initial state has been sent and only changes follow.
   */
  run(deliver: Deliver, signal: AbortSignal, onBegun?: () => void): Promise<void>
}
