// A set of fields that was written under an older schema, brought up to the present one.
//
// Where a map or list has become one piece, who owned a field in it owns the whole.
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/typed/reconcile_schema.go

import { type FieldSet, isEmptySet, LEAF } from '#api/patch/apply/field-set.ts'
import { isDeduced, type MergeType } from '#api/patch/apply/merge-type.ts'

/** `set` itself where the schema has nothing against it. */
export function reconcileFields(type: MergeType, set: FieldSet): FieldSet {
  let out: { [element: string]: FieldSet } | undefined
  for (const element in set) {
    const node = set[element]!
    if (element === '.' || isEmptySet(node)) continue
    const inner = typeBelow(type, element)
    if (!inner) continue
    const reconciled = reconcileNode(inner, node)
    if (reconciled === node) continue
    out ??= { ...set }
    out[element] = reconciled
  }
  return out ?? set
}

/** A node that has something below it. */
function reconcileNode(type: MergeType, node: FieldSet): FieldSet {
  if (type.map) {
    if (isDeduced(type.map)) return node
    return type.map.atomic ? LEAF : reconcileFields(type, node)
  }
  if (!type.list) return node
  return type.list.atomic ? LEAF : reconcileFields(type, node)
}

function typeBelow(type: MergeType, element: string): MergeType | undefined {
  if (!type.map) return type.list?.items
  const field = element.startsWith('f:') ? type.map.fields.get(element.slice(2)) : undefined
  return field?.type ?? type.map.values
}
