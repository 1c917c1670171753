// One state of one object, as the registry hands it about: frozen, encoded once for each media type.

import { encodeProtobufMessage } from '#api/codec/protobuf.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { freezeJson, metadataOf } from '#apiserver/registry/json.ts'

export interface StoredObject {
  /** Its key in the store. */
  readonly key: string
  /** In the storage version, with apiVersion, kind and resourceVersion; frozen. */
  readonly object: JsonObject
  /** The revision that wrote it; 0 for one that is not stored (dry run). */
  readonly revision: number
  /** The object as JSON, beginning with kind and apiVersion; made when first asked for, then kept. */
  readonly bytes: Uint8Array
  /** The object as a protobuf message, without its envelope; throws 406 for a kind that has none. Kept as well. */
  readonly protobuf: Uint8Array
}

const encoder = new TextEncoder()

/** Makes one of a frozen object. */
export function storedObject(key: string, object: JsonObject, revision: number): StoredObject {
  return new State(key, object, revision)
}

/** The state of a finished object that `revision` wrote; freezes it. */
export function storedAt(key: string, object: JsonObject, revision: number): StoredObject {
  metadataOf(object)['resourceVersion'] = String(revision)
  return storedObject(key, freezeJson(object), revision)
}

class State implements StoredObject {
  readonly key: string
  readonly object: JsonObject
  readonly revision: number
  #bytes: Uint8Array | undefined
  #protobuf: Uint8Array | undefined

  constructor(key: string, object: JsonObject, revision: number) {
    this.key = key
    this.object = object
    this.revision = revision
  }

  get bytes(): Uint8Array {
    this.#bytes ??= encoder.encode(JSON.stringify(this.object))
    return this.#bytes
  }

  get protobuf(): Uint8Array {
    this.#protobuf ??= encodeProtobufMessage(this.object)
    return this.#protobuf
  }
}
