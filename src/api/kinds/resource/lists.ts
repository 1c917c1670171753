// Lists of bounded length, maybe sets, as the API of devices judges them.
//
// Upstream: validateSlice, validateSet and validateMap in pkg/apis/resource/validation/validation.go

import { duplicate, type Path, tooMany } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

type Judge<T> = (item: T, path: Path) => FieldErrors

/** A list that is too long is not looked into. */
export function* boundedList<T>(
  items: readonly T[] | undefined,
  maximum: number,
  path: Path,
  judge: Judge<T>,
): FieldErrors {
  if (!items) return
  if (items.length > maximum) {
    yield tooMany(path, items.length, maximum)
    return
  }
  for (const [i, item] of items.entries()) yield* judge(item, path.index(i))
}

/** The same where no two items may have the same key. */
export function* boundedSet<T>(
  items: readonly T[] | undefined,
  maximum: number,
  path: Path,
  keyOf: (item: T) => string,
  judge: Judge<T>,
): FieldErrors {
  if (!items) return
  yield* boundedList(items, maximum, path, judge)
  if (items.length > maximum) return
  const seen = new Set<string>()
  for (const [i, item] of items.entries()) {
    const key = keyOf(item)
    if (seen.has(key)) yield duplicate(path.index(i), key)
    seen.add(key)
  }
}

/** Keys are blamed on the map, values on their key. */
export function* judgedMap<T>(
  map: Readonly<Record<string, T>> | undefined,
  longestKey: number,
  path: Path,
  judgeKey: Judge<string>,
  judge: Judge<T>,
): FieldErrors {
  for (const name of Object.keys(map ?? {}).sort()) {
    yield* judgeKey(name, path)
    yield* judge(map![name]!, path.key(shortened(name, longestKey)))
  }
}

function shortened(name: string, length: number): string {
  if (name.length <= length) return name
  const left = length - '...'.length
  return `${name.slice(0, Math.floor((left + 1) / 2))}...${name.slice(name.length - Math.floor(left / 2))}`
}
