// An object without some of its fields, and sets of fields made fit to say which.
//
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/typed/remove.go, .../fieldpath/set.go (EnsureNamedFieldsAreMembers)

import type { JsonObject } from '#api/meta/object.ts'
import { asMember, type FieldSet, isEmptySet, isMember } from '#api/patch/apply/field-set.ts'
import { itemElement } from '#api/patch/apply/list-items.ts'
import { type ListType, type MapType, type MergeType, typeOfKey } from '#api/patch/apply/merge-type.ts'
import { fieldElement } from '#api/patch/apply/path-element.ts'
import { shapeOf } from '#api/patch/apply/shape.ts'
import { isEmptyMap } from '#api/patch/apply/values.ts'

/** Gives `object` without the fields of `set`; what is not touched is shared. */
export function removeFields(type: MergeType, object: JsonObject, set: FieldSet): JsonObject {
  return isEmptySet(set) ? object : removeFromMap(type.map!, object, set)
}

/** What is left of a value when fields below it go: a container stays, even when it is empty. */
function removeBelow(type: MergeType, value: unknown, set: FieldSet): unknown {
  const shape = shapeOf(type, value)
  if (shape === 'scalar' || value === null) return value
  if (shape === 'list') {
    return type.list!.atomic ? [] : removeFromList(type.list!, value as unknown[], set)
  }
  return type.map!.atomic ? {} : removeFromMap(type.map!, value as JsonObject, set)
}

function removeFromMap(type: MapType, map: JsonObject, set: FieldSet): JsonObject {
  if (isEmptyMap(map)) return map
  const out: JsonObject = {}
  for (const key in map) {
    const field = type.fields.get(key)
    const node = set[field?.element ?? fieldElement(key)]
    if (isMember(node)) continue
    out[key] = node ? removeBelow(field?.type ?? typeOfKey(type, key), map[key], node) : map[key]
  }
  return out
}

function removeFromList(type: ListType, list: readonly unknown[], set: FieldSet): unknown[] {
  const out: unknown[] = []
  for (const item of list) {
    const node = set[itemElement(type, item)]
    if (isMember(node)) continue
    out.push(node ? removeBelow(type.items, item, node) : item)
  }
  return out
}

/**
 * A set with the structs on the way to its fields in it: who owns `spec.strategy.type` then owns `spec` and
 * `spec.strategy`, but no map or list on the way.
 */
export function withNamedFields(type: MergeType | undefined, set: FieldSet): FieldSet {
  if (!type) return set
  const out: { [element: string]: FieldSet } = {}
  for (const element in set) {
    const node = set[element]!
    if (element === '.' || isEmptySet(node)) {
      out[element] = node
      continue
    }
    const field = type.map && element.startsWith('f:') ? type.map.fields.get(element.slice(2)) : undefined
    const inner = withNamedFields(field?.type ?? typeBelow(type, element), node)
    out[element] = field ? asMember(inner) : inner
  }
  return out
}

/** The type of what an element that is no declared field leads to. */
function typeBelow(type: MergeType, element: string): MergeType | undefined {
  if (element.startsWith('f:')) return type.map?.values
  return element.startsWith('k:') ? type.list?.items : undefined
}
