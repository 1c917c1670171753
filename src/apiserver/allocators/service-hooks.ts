// What the registry of services calls around each write, so that addresses and ports are given out and taken back.
//
// An allocation is a step of the write: it happens before the object is stored, is kept when that succeeds (`finish`),
// and is undone when it fails (`revert`). Nothing is read from the object's own past except its old state, so a crash
// between allocation and storing leaves only an address that the repair loop takes back.
// Upstream: pkg/registry/core/service/storage/{alloc,storage}.go

import type { JsonObject } from '#api/meta/object.ts'

/** The outcome of an allocation; exactly one of the two is called. */
export interface Allocation {
  /** The object was stored: give back what it no longer uses. */
  finish(): Promise<void>
  /** The object was not stored: give back what it would have used. */
  revert(): Promise<void>
}

export interface ServiceHooks {
  /** Sets IP families, cluster IPs and node ports of a draft that is about to be created. Throws StatusError 422. */
  beginCreate(draft: JsonObject, dryRun: boolean): Promise<Allocation>
  /** The same for an update, whatever way the type changes. */
  beginUpdate(draft: JsonObject, old: JsonObject, dryRun: boolean): Promise<Allocation>
  /** The object is gone from the store. */
  afterDelete(object: JsonObject): Promise<void>
}
