// Copying, comparing and freezing plain JSON, as the registry does with every object that passes.
//
// structuredClone knows every type of the language and is several times slower; these know JSON only.

import type { JsonObject } from '#api/meta/object.ts'

/** A copy that shares nothing with `value`. */
export function cloneJson<T>(value: T): T {
  return clone(value) as T
}

function clone(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(clone)
  const copy: JsonObject = {}
  for (const key in value) {
    const inner = (value as JsonObject)[key]
    const copied = typeof inner === 'object' && inner !== null ? clone(inner) : inner
    if (key === '__proto__') Object.defineProperty(copy, key, { value: copied, enumerable: true })
    else copy[key] = copied
  }
  return copy
}

/** Whether two values are the same JSON, whatever the order of their keys; absent and undefined are the same. */
export function equalJson(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a)) {
    if (!Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, position) => equalJson(item, b[position]))
  }
  if (Array.isArray(b)) return false
  for (const key in a) if (!equalJson((a as JsonObject)[key], (b as JsonObject)[key])) return false
  for (const key in b) if ((b as JsonObject)[key] !== undefined && !Object.hasOwn(a, key)) return false
  return true
}

/** Freezes `value` to its depth and gives it back. */
export function freezeJson<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const key in value) freezeJson(value[key])
  }
  return value
}

/** The metadata of a draft, made when it has none. */
export function metadataOf(object: JsonObject): JsonObject {
  const metadata = object['metadata']
  if (typeof metadata === 'object' && metadata !== null) return metadata as JsonObject
  const made: JsonObject = {}
  object['metadata'] = made
  return made
}
