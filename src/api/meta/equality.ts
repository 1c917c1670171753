// Whether two values mean the same: absent, null and empty are one, and quantities count by their amount.
//
// For immutable fields and for "has the spec changed". Upstream: apiequality.Semantic in
// staging/src/k8s.io/apimachinery/pkg/api/equality/semantic.go

import { compareQuantities, parseQuantity } from '#api/meta/quantity.ts'

/** Fields that hold a quantity, or a map of them, wherever they occur. */
const QUANTITY_FIELDS = new Set([
  'limits',
  'requests',
  'capacity',
  'allocatable',
  'allocatedResources',
  'overhead',
  'hard',
  'used',
  'sizeLimit',
  'divisor',
])

/** Fields that hold a map wherever they occur: an empty one is none, where an empty struct would be something. */
const MAP_FIELDS = new Set([
  'limits',
  'requests',
  'allocatable',
  'allocatedResources',
  'overhead',
  'hard',
  'used',
  'labels',
  'annotations',
  'matchLabels',
  'nodeSelector',
  'data',
  'binaryData',
  'stringData',
  'attributes',
  'volumeAttributes',
  'attachmentMetadata',
  'options',
  'parameters',
  'extra',
])

export function semanticEqual(a: unknown, b: unknown): boolean {
  return equal(a, b, false)
}

function equal(a: unknown, b: unknown, holdsQuantities: boolean): boolean {
  if (a === b) return true
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b)
  if (typeof a === 'string' && typeof b === 'string') return holdsQuantities && equalQuantities(a, b)
  if (typeof a !== 'object' || typeof b !== 'object') return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    return a.every((item, i) => equal(item, b[i], false))
  }
  const left = a as Readonly<Record<string, unknown>>
  const right = b as Readonly<Record<string, unknown>>
  for (const key of new Set([...Object.keys(left), ...Object.keys(right)])) {
    if (equal(left[key], right[key], holdsQuantities || QUANTITY_FIELDS.has(key))) continue
    if (!MAP_FIELDS.has(key) || !isEmptyMap(left[key]) || !isEmptyMap(right[key])) return false
  }
  return true
}

const isEmptyMap = (value: unknown): boolean =>
  isEmpty(value) || (typeof value === 'object' && Object.keys(value as object).length === 0)

function isEmpty(value: unknown): boolean {
  return value === undefined || value === null || (Array.isArray(value) && value.length === 0)
}

function equalQuantities(a: string, b: string): boolean {
  try {
    return compareQuantities(parseQuantity(a), parseQuantity(b)) === 0
  } catch {
    return false
  }
}
