// What the verbs of the registry work with; put together once, in server.ts.

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Admission } from '#apiserver/admission/chain.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { WatchEventCells } from '#apiserver/metrics/storage.ts'
import type { Catalog } from '#apiserver/registry/catalog.ts'
import type { FieldManagement } from '#apiserver/registry/field-management.ts'
import type { ObjectStore } from '#apiserver/registry/object-store.ts'
import type { WatchCache } from '#apiserver/watchcache/watch-cache.ts'
import type { Clock } from '#sys/clock.ts'
import type { Random } from '#sys/random.ts'

/** The outcome of what `begin…` did; exactly one of the two is called. */
export interface Begun {
  finish(): Promise<void>
  revert(): Promise<void>
}

/** What some kinds need around a write: services allocate addresses and ports. */
export interface WriteHooks {
  beginCreate(draft: JsonObject, dryRun: boolean): Promise<Begun>
  beginUpdate(draft: JsonObject, old: JsonObject, dryRun: boolean): Promise<Begun>
  afterDelete(object: JsonObject): Promise<void>
}

export interface RegistryDependencies {
  readonly catalog: Catalog
  readonly objects: ObjectStore
  cacheOf(kind: KindDefinition): WatchCache
  hooksOf(kind: KindDefinition): WriteHooks | undefined
  readonly admission: Admission
  readonly authorization: Authorization
  readonly fields: FieldManagement
  /** Counts the events that watches are sent; absent: nobody does. */
  readonly watchEvents?: WatchEventCells
  readonly clock: Clock
  readonly random: Random
}
