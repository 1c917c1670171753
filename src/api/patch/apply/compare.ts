// Which fields differ between two states of an object, by the rules of its type.
//
// Only what differs costs anything but a look: equal branches make no sets. A field is in one of the three sets at
// most. Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/typed/compare.go

import type { JsonObject } from '#api/meta/object.ts'
import { asMember, EMPTY, type FieldSet, LEAF, nodeOf } from '#api/patch/apply/field-set.ts'
import { itemsByElement } from '#api/patch/apply/list-items.ts'
import { type ListType, type MapType, type MergeType, typeOfKey } from '#api/patch/apply/merge-type.ts'
import { fieldElement } from '#api/patch/apply/path-element.ts'
import { shapeOf } from '#api/patch/apply/shape.ts'
import { equalValues, isEmptyMap } from '#api/patch/apply/values.ts'

export interface Comparison {
  readonly added: FieldSet
  readonly modified: FieldSet
  readonly removed: FieldSet
}

/** Compares two objects of a type. Throws TypedError when the items of a list cannot be told apart. */
export function compareObjects(type: MergeType, before: JsonObject, after: JsonObject): Comparison {
  const difference = compareMaps(type.map!, before, after)
  return { added: EMPTY, modified: EMPTY, removed: EMPTY, ...difference }
}

/** Nodes of sets: for each set what it holds at and below a field. Undefined as a whole where nothing differs. */
interface Difference {
  added?: FieldSet
  modified?: FieldSet
  removed?: FieldSet
}

const SETS = ['added', 'modified', 'removed'] as const

function compare(type: MergeType, before: unknown, after: unknown): Difference | undefined {
  if (before === undefined) return { added: allFields(type, after) }
  if (after === undefined) return { removed: allFields(type, before) }
  const shape = shapeOf(type, before === null ? after : before)
  if (after !== null && before !== null && shapeOf(type, after) !== shape) {
    return compareShapes(type, before, after)
  }
  if (shape === 'map' && !type.map!.atomic) {
    const [left, right] = [(before ?? {}) as JsonObject, (after ?? {}) as JsonObject]
    if (!isEmptyMap(left) || !isEmptyMap(right)) return compareMaps(type.map!, left, right)
  } else if (shape === 'list' && !type.list!.atomic) {
    const [left, right] = [(before ?? []) as unknown[], (after ?? []) as unknown[]]
    if (left.length > 0 || right.length > 0) return compareLists(type.list!, left, right)
  }
  return equalValues(before, after) ? undefined : { modified: LEAF }
}

/** A value that was of another shape is modified, and the fields of a map come or go with it. */
function compareShapes(type: MergeType, before: unknown, after: unknown): Difference {
  const out: Difference = { modified: LEAF }
  for (const [name, value] of [
    ['removed', before],
    ['added', after],
  ] as const) {
    if (shapeOf(type, value) !== 'map' || type.map!.atomic) continue
    const fields = nodeOf(false, allFields(type, value))
    if (fields) out[name] = fields
  }
  return out
}

function compareMaps(type: MapType, before: JsonObject, after: JsonObject): Difference | undefined {
  let out: Difference | undefined
  for (const key in before) {
    const [left, right] = [before[key], after[key]]
    if (left === right) continue
    const field = type.fields.get(key)
    const difference = compare(field?.type ?? typeOfKey(type, key), left, right)
    if (difference) out = attach(out ?? {}, field?.element ?? fieldElement(key), difference)
  }
  for (const key in after) {
    const right = after[key]
    if (before[key] !== undefined || right === undefined) continue
    const field = type.fields.get(key)
    const added = allFields(field?.type ?? typeOfKey(type, key), right)
    out = attach(out ?? {}, field?.element ?? fieldElement(key), { added })
  }
  return out
}

/** Puts the difference of an element into that of its parent. */
function attach(parent: Difference, element: string, difference: Difference): Difference {
  for (const name of SETS) {
    const node = difference[name]
    if (node === undefined) continue
    parent[name] ??= {}
    const set = parent[name] as { [element: string]: FieldSet }
    set[element] = node
  }
  return parent
}

function compareLists(
  type: ListType,
  before: readonly unknown[],
  after: readonly unknown[],
): Difference | undefined {
  if (equalValues(before, after)) return undefined
  const left = itemsByElement(type, before)
  const right = itemsByElement(type, after)
  let out: Difference | undefined
  for (const [element, items] of left) {
    const difference = compareItems(type.items, items, right.get(element) ?? [])
    if (difference) out = attach(out ?? {}, element, difference)
  }
  for (const [element, items] of right) {
    if (!left.has(element)) out = attach(out ?? {}, element, compareItems(type.items, [], items)!)
  }
  return out
}

/** Items of the same element; where there are several, they are one piece. */
function compareItems(
  type: MergeType,
  before: readonly unknown[],
  after: readonly unknown[],
): Difference | undefined {
  if (before.length <= 1 && after.length <= 1) return compare(type, before[0], after[0])
  if (before.length > 1 && after.length > 1) {
    return equalValues(before, after) ? undefined : { modified: LEAF }
  }
  if (before.length > 1) {
    return { ...(after.length > 0 && { added: allFields(type, after[0]) }), removed: LEAF }
  }
  return { ...(before.length > 0 && { removed: allFields(type, before[0]) }), added: LEAF }
}

/** The node of a value that is there on one side only: itself and all that is in it. */
function allFields(type: MergeType, value: unknown): FieldSet {
  const shape = shapeOf(type, value)
  if (value === null || shape === 'scalar' || type[shape]!.atomic) return LEAF
  const out: { [element: string]: FieldSet } = {}
  if (shape === 'map') {
    const { fields } = type.map!
    for (const key in value as JsonObject) {
      const inner = (value as JsonObject)[key]
      if (inner === undefined) continue
      const field = fields.get(key)
      out[field?.element ?? fieldElement(key)] = allFields(field?.type ?? typeOfKey(type.map!, key), inner)
    }
  } else {
    const { items: itemType } = type.list!
    for (const [element, items] of itemsByElement(type.list!, value as unknown[])) {
      out[element] = items.length > 1 ? LEAF : allFields(itemType, items[0])
    }
  }
  return asMember(out)
}
