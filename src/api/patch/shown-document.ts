// A patched document as an error shows it: in the text that Go's patch libraries would have made.
//
// They take a document apart only as far as a patch reaches into it: what they have opened is written with sorted keys,
// everything else stays the text that it was. Only for messages; the order of keys means nothing.
// Upstream: gopkg.in/evanphx/json-patch.v4 (lazyNode)

import type { JsonObject } from '#api/meta/object.ts'
import type { JsonPatchOperation } from '#api/patch/json-patch.ts'

/** The keys below which a patch has opened a document. */
export interface Opened {
  readonly [key: string]: Opened
}

/** What the operations of a JSON patch open: all that stands above what they change. */
export function openedByOperations(operations: readonly JsonPatchOperation[]): Opened {
  const root: { [key: string]: Opened } = {}
  for (const { path, from } of operations) {
    for (const pointer of [path, from]) {
      let node = root
      for (const part of pointer?.split('/').slice(1, -1) ?? []) {
        const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
        node[key] ??= {}
        node = node[key] as typeof root
      }
    }
  }
  return root
}

/** What a merge patch opens: the objects that it has something for. */
export function openedByMerge(patch: JsonObject): Opened {
  const inner = Object.entries(patch).filter(([, value]) => isObject(value))
  return Object.fromEntries(inner.map(([key, value]) => [key, openedByMerge(value as JsonObject)]))
}

/** The JSON of a document whose keys are in Go's order, but for the objects that were opened. */
export function showDocument(document: JsonObject, opened: Opened): string {
  const text = JSON.stringify(sorted(document, opened))
  return text.replace(/[<>&]/g, (sign) => `\\u00${sign.charCodeAt(0).toString(16)}`)
}

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function sorted(value: unknown, opened: Opened | undefined): unknown {
  if (!opened) return value
  if (Array.isArray(value)) return value.map((item, i) => sorted(item, opened[i]))
  if (!isObject(value)) return value
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key], opened[key])]),
  )
}
