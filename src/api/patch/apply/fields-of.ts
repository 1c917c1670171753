// The fields that a configuration names: what its applier is to own.
//
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/typed/tofieldset.go

import type { JsonObject } from '#api/meta/object.ts'
import { asMember, EMPTY, type FieldSet, LEAF } from '#api/patch/apply/field-set.ts'
import { itemsByElement } from '#api/patch/apply/list-items.ts'
import { type ListType, type MapType, type MergeType, typeOfKey } from '#api/patch/apply/merge-type.ts'
import { fieldElement } from '#api/patch/apply/path-element.ts'
import { shapeOf } from '#api/patch/apply/shape.ts'
import { isEmptyMap, isMap } from '#api/patch/apply/values.ts'

/** All fields of an object: leaves, items of lists, and keys of maps. */
export const fieldsOf = (type: MergeType, object: JsonObject): FieldSet => fieldsOfMap(type.map!, object)

/** The node of a value; undefined when nothing in it is a field. */
function fieldsOfValue(type: MergeType, value: unknown): FieldSet | undefined {
  const shape = shapeOf(type, value)
  if (shape === 'scalar' || type[shape]!.atomic) return LEAF
  if (value === null) return undefined
  const set =
    shape === 'map'
      ? fieldsOfMap(type.map!, value as JsonObject)
      : fieldsOfList(type.list!, value as unknown[])
  return set === EMPTY ? undefined : set
}

function fieldsOfMap(type: MapType, map: JsonObject): FieldSet {
  let out: { [element: string]: FieldSet } | undefined
  for (const key in map) {
    const value = map[key]
    if (value === undefined) continue
    const field = type.fields.get(key)
    const node = fieldsOfValue(field?.type ?? typeOfKey(type, key), value)
    const isKey = !field || value === null || (isMap(value) && isEmptyMap(value))
    if (!isKey && node === undefined) continue
    out ??= {}
    out[field?.element ?? fieldElement(key)] = isKey ? asMember(node) : node!
  }
  return out ?? EMPTY
}

function fieldsOfList(type: ListType, list: readonly unknown[]): FieldSet {
  if (list.length === 0) return EMPTY
  const out: { [element: string]: FieldSet } = {}
  for (const [element, items] of itemsByElement(type, list)) {
    out[element] = items.length > 1 ? LEAF : asMember(fieldsOfValue(type.items, items[0]))
  }
  return out
}
