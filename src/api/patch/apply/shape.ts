// What a value is to be taken for: a type may allow several shapes, and then the value decides.
//
// Upstream: deduceAtom, handleAtom in vendor/sigs.k8s.io/structured-merge-diff/v6/typed/helpers.go

import type { MergeType } from '#api/patch/apply/merge-type.ts'

export type Shape = 'map' | 'list' | 'scalar'

/** The shape of a value; null, and what the type does not allow, is taken for the first shape that the type allows. */
export function shapeOf(type: MergeType, value: unknown): Shape {
  if (Array.isArray(value)) {
    if (type.list) return 'list'
  } else if (typeof value === 'object' && value !== null) {
    if (type.map) return 'map'
  } else if (value !== null && type.scalar) return 'scalar'
  if (type.map) return 'map'
  return type.scalar ? 'scalar' : 'list'
}
