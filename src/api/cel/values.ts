// JSON as CEL sees it, and back.
//
// Whole numbers become int (bigint), others double; objects become Maps, so that no key of a client's object can be
// taken for something that JavaScript gives every object. Upstream:
// staging/src/k8s.io/apiserver/pkg/cel/common/values.go

/** What an expression may be given and may result in. */
export type CelValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | undefined
  | Uint8Array
  | readonly CelValue[]
  | ReadonlyMap<string, CelValue>
  | object

/** Turns a JSON value into what an expression reads. Absent fields stay absent. */
export function celValue(value: unknown): CelValue {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : value
  if (typeof value === 'string' || typeof value === 'boolean' || value === null || value === undefined)
    return value
  if (Array.isArray(value)) return value.map(celValue)
  if (typeof value !== 'object') throw new Error(`a ${typeof value} is no JSON value`)
  const entries = Object.entries(value).filter(([, field]) => field !== undefined)
  return new Map(entries.map(([key, field]) => [key, celValue(field)]))
}
