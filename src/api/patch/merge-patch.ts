// JSON merge patch (RFC 7386): what the patch names is set, null removes, lists are replaced whole.
//
// Pure; the document is never changed, unchanged branches are shared with the result.
// Upstream: gopkg.in/evanphx/json-patch.v4 merge.go

import type { JsonObject } from '#api/meta/object.ts'

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Gives `document` with `patch` merged into it. */
export function applyMergePatch(document: JsonObject, patch: JsonObject): JsonObject {
  const result: JsonObject = { ...document }
  for (const [key, value] of Object.entries(patch)) {
    const current = result[key]
    if (value === null) delete result[key]
    else if (isObject(value))
      result[key] = isObject(current) ? applyMergePatch(current, value) : withoutNulls(value)
    else result[key] = Array.isArray(value) ? itemsWithoutNulls(value) : value
  }
  return result
}

/** A patch's object that meets nothing in the document becomes part of it, less what it would have removed. */
function withoutNulls(value: JsonObject): JsonObject {
  const result: JsonObject = {}
  for (const [key, inner] of Object.entries(value)) {
    if (inner !== null) result[key] = pruned(inner)
  }
  return result
}

/** Items of a list stay, null ones too; what they hold is pruned. */
const itemsWithoutNulls = (items: readonly unknown[]): unknown[] => items.map(pruned)

function pruned(value: unknown): unknown {
  if (Array.isArray(value)) return itemsWithoutNulls(value)
  return isObject(value) ? withoutNulls(value) : value
}
