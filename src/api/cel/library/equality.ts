// Equality of CEL values where the library gives none: inside of lists that functions go through.
//
// Upstream: github.com/google/cel-spec/blob/master/doc/langdef.md#equality

/** Numbers of different types are equal by value; lists and maps by their parts. */
export function celEquals(left: unknown, right: unknown): boolean {
  if (left === right) return true
  if (isNumber(left) && isNumber(right)) return Number(left) === Number(right)
  if (Array.isArray(left) && Array.isArray(right)) {
    return left.length === right.length && left.every((item, i) => celEquals(item, right[i]))
  }
  if (left instanceof Map && right instanceof Map) {
    return (
      left.size === right.size &&
      [...left].every(([key, value]) => right.has(key) && celEquals(value, right.get(key)))
    )
  }
  if (left instanceof Date && right instanceof Date) return left.getTime() === right.getTime()
  return false
}

const isNumber = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint'
