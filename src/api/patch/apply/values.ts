// Plain JSON values as fields hold them: when two are equal, how they are ordered, and how they are shown.
//
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/value

import type { JsonObject } from '#api/meta/object.ts'

export const isMap = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** A key without a value is no key. */
export function isEmptyMap(map: JsonObject): boolean {
  for (const key in map) if (map[key] !== undefined) return false
  return true
}

/** Whether two values are the same JSON; null and absent differ, the order of keys does not matter. */
export function equalValues(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  if (Array.isArray(a) || Array.isArray(b)) {
    if (!Array.isArray(a) || !Array.isArray(b) || a.length !== b.length) return false
    for (let i = 0; i < a.length; i++) if (!equalValues(a[i], b[i])) return false
    return true
  }
  for (const key in a) if (!equalValues((a as JsonObject)[key], (b as JsonObject)[key])) return false
  for (const key in b) {
    if ((b as JsonObject)[key] !== undefined && (a as JsonObject)[key] === undefined) return false
  }
  return true
}

/** Numbers stand before strings, then truth values, lists, maps, null. */
const RANKS = ['number', 'string', 'boolean', 'list', 'map', 'null'] as const

/** The order of values in a set of fields: negative, zero or positive. */
export function compareValues(a: unknown, b: unknown): number {
  const kind = kindOf(a)
  const ranks = RANKS.indexOf(kind) - RANKS.indexOf(kindOf(b))
  if (ranks !== 0) return ranks
  if (kind === 'number') return (a as number) - (b as number)
  if (kind === 'boolean') return Number(a) - Number(b)
  const [left, right] =
    kind === 'string' ? [a as string, b as string] : [JSON.stringify(a), JSON.stringify(b)]
  return compareStrings(left, right)
}

export const compareStrings = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

function kindOf(value: unknown): (typeof RANKS)[number] {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'list'
  if (typeof value === 'object') return 'map'
  return typeof value as 'number' | 'string' | 'boolean'
}

/** A value within a path: strings in quotes. */
export function showValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(showValue).join(',')}]`
  if (!isMap(value)) return JSON.stringify(value)
  return Object.entries(value)
    .map(([key, inner]) => `${key}=${showValue(inner)}`)
    .join('')
}

/** A value as Go's `%v` writes it. */
export function printValue(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(printValue).join(' ')}]`
  if (!isMap(value)) return value === null ? '<nil>' : String(value)
  const keys = Object.keys(value).sort(compareStrings)
  return `map[${keys.map((key) => `${key}:${printValue(value[key])}`).join(' ')}]`
}

/** A value as Go's `%#v` writes it. */
export function printValueInGo(value: unknown): string {
  if (Array.isArray(value)) return `[]interface {}{${value.map(printValueInGo).join(', ')}}`
  if (typeof value === 'string') return JSON.stringify(value)
  if (!isMap(value)) return value === null ? 'interface {}(nil)' : String(value)
  const keys = Object.keys(value).sort(compareStrings)
  const pairs = keys.map((key) => `${JSON.stringify(key)}:${printValueInGo(value[key])}`)
  return `map[string]interface {}{${pairs.join(', ')}}`
}

/** The type that Go's decoder gives a JSON value. */
export function goTypeOf(value: unknown): string {
  const types = { number: 'float64', string: 'string', boolean: 'bool', null: '<nil>' } as const
  if (Array.isArray(value)) return '[]interface {}'
  return isMap(value) ? 'map[string]interface {}' : types[kindOf(value) as keyof typeof types]
}
