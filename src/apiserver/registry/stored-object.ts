// One state of one object, as the registry hands it about: frozen, with its JSON made once.

import type { JsonObject } from '#api/meta/object.ts'

export interface StoredObject {
  /** Its key in the store. */
  readonly key: string
  /** In the storage version, with apiVersion, kind and resourceVersion; frozen. */
  readonly object: JsonObject
  /** The revision that wrote it; 0 for one that is not stored (dry run). */
  readonly revision: number
  /** The object as JSON, beginning with kind and apiVersion. */
  readonly bytes: Uint8Array
}
