// Which item of a list is which: lists whose items have owners of their own know them by keys, or by value.
//
// Upstream: listItemToPathElement in vendor/sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go

import type { ListType } from '#api/patch/apply/merge-type.ts'
import { keyElement, valueElement } from '#api/patch/apply/path-element.ts'
import { TypedError } from '#api/patch/apply/typed-error.ts'
import { isMap } from '#api/patch/apply/values.ts'

/** The element of an item; throws TypedError, without a path, for an item that cannot be told. */
export function itemElement(list: ListType, item: unknown): string {
  return list.keys.length > 0 ? keyedItem(list, item) : setItem(item)
}

const refusal = (message: string): TypedError => new TypedError([{ path: '', message }])

function keyedItem(list: ListType, item: unknown): string {
  if (item === null) throw refusal('associative list with keys may not have a null element')
  if (!isMap(item)) throw refusal('associative list with keys may not have non-map elements')
  const keys: [string, unknown][] = []
  for (const key of list.keys) {
    const value = item[key.name] === undefined ? key.default : item[key.name]
    // an item without this key is another than one with it
    if (value !== undefined) keys.push([key.name, value])
  }
  if (keys.length > 0) return keyElement(keys)
  const names = list.keys.map(({ name }) => JSON.stringify(name)).join(' ')
  throw refusal(
    `associative list with keys has an element that omits all key fields [${names}] (and doesn't have default values for any key fields)`,
  )
}

function setItem(item: unknown): string {
  if (item === null) throw refusal("associative list without keys has an element that's an explicit null")
  if (Array.isArray(item)) throw refusal('not supported: associative list with lists as elements')
  if (isMap(item)) throw refusal("associative list without keys has an element that's a map type")
  return valueElement(item)
}

/** The items of a list by element, in their order; those of the same element together. */
export function itemsByElement(list: ListType, items: readonly unknown[]): Map<string, unknown[]> {
  const found = new Map<string, unknown[]>()
  for (const item of items) {
    const element = itemElement(list, item)
    const others = found.get(element)
    if (others) others.push(item)
    else found.set(element, [item])
  }
  return found
}
