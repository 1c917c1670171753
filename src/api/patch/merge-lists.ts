// Lists in a strategic merge: which items belong together, and in what order they end up.
//
// Upstream: normalizeElementOrder and mergeSortedSlice in apimachinery/pkg/util/strategicpatch/patch.go

import type { JsonObject } from '#api/meta/object.ts'

export type Items = readonly unknown[]
/** What makes two items the same one. */
export type Identity = (item: unknown) => unknown

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

export function positionOf(list: Items, item: unknown, identity: Identity): number {
  const wanted = identity(item)
  return list.findIndex((other) => isObject(other) === isObject(item) && identity(other) === wanted)
}

/** The items that `by` has too, and the others. */
export function partition(list: Items, by: Items, identity: Identity): readonly [Items, Items] {
  const known = new Set(by.map(identity))
  return [list.filter((item) => known.has(identity(item))), list.filter((item) => !known.has(identity(item)))]
}

/** Sorted as in `order`; an item that is not in it stays where it is. */
export function sortLike(list: Items, order: Items, identity: Identity): Items {
  const positions = new Map(order.map((item, position) => [identity(item), position]))
  return [...list].sort((a, b) => (positions.get(identity(a)) ?? 0) - (positions.get(identity(b)) ?? 0))
}

/**
 * Merges two sorted lists that share no item: one of `left` comes before one of `right` only where the
 * server's list had both in that order.
 */
export function mergeInOrder(left: Items, right: Items, serverOrder: Items, identity: Identity): Items {
  const positions = new Map(serverOrder.map((item, position) => [identity(item), position]))
  const merged: unknown[] = []
  let i = 0
  let j = 0
  while (i < left.length && j < right.length) {
    const l = positions.get(identity(left[i]))
    const r = positions.get(identity(right[j]))
    if (l !== undefined && r !== undefined && l < r) merged.push(left[i++])
    else merged.push(right[j++])
  }
  return [...merged, ...left.slice(i), ...right.slice(j)]
}

/** Each value once, at its first place. */
export function uniqueScalars(list: Items): Items {
  return [...new Set(list)]
}
