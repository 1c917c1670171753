// What this server has written and not yet read back: spares decoding what was encoded a moment ago.
//
// A write ends in the watch cache as an event with the very bytes that were put. Under those bytes lies the object they
// were made from; the writer's answer and the cache share it, and with it the JSON of its wire form. A store that hands
// out other bytes (another process wrote, or they were changed on the way) finds nothing here and decodes.

import type { JsonObject } from '#api/meta/object.ts'
import { type StoredObject, storedAt } from '#apiserver/registry/stored-object.ts'
import type { KeyValue } from '#store/store.ts'

export interface WrittenObjects {
  /** Remembers of which object the bytes of a put were made. The object may change no more. */
  remember(value: Uint8Array, object: JsonObject): void
  /** The object that these bytes were made from, now that it is known which revision wrote them. */
  find(kv: Pick<KeyValue, 'key' | 'value' | 'modRevision'>): StoredObject | undefined
}

export function createWrittenObjects(): WrittenObjects {
  const objects = new WeakMap<Uint8Array, JsonObject>()
  const states = new WeakMap<Uint8Array, StoredObject>()
  return {
    remember(value, object) {
      objects.set(value, object)
    },

    find({ key, value, modRevision }) {
      const known = states.get(value)
      if (known) return known.revision === modRevision ? known : undefined
      const object = objects.get(value)
      if (!object) return undefined
      objects.delete(value)
      const state = storedAt(key, object, modRevision)
      states.set(value, state)
      return state
    },
  }
}
