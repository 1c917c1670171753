// The types that expressions have, and how messages write them.
//
// Upstream: github.com/google/cel-go/common/types/types.go, checker/format.go

export type CelKind = 'simple' | 'list' | 'map' | 'type' | 'opaque' | 'object' | 'parameter'

/** The type of each field; undefined for a field that there is not. */
export interface CelFieldTypes {
  get(name: string): CelType | undefined
}

export interface CelType {
  readonly kind: CelKind
  /** `int`, `list`, `optional_type`, `kubernetes.AdmissionRequest`; of a parameter, its own name. */
  readonly name: string
  readonly of: readonly CelType[]
  /** Of an object. */
  readonly fields?: CelFieldTypes
}

const simple = (name: string): CelType => ({ kind: 'simple', name, of: [] })

export const DYN = simple('dyn')
/** As dyn, but that nothing can be taken out of it in a loop. */
export const ANY = simple('any')
export const ERROR = simple('!error!')
export const NULL = simple('null')
export const BOOL = simple('bool')
export const INT = simple('int')
export const UINT = simple('uint')
export const DOUBLE = simple('double')
export const STRING = simple('string')
export const BYTES = simple('bytes')
export const TIMESTAMP = simple('timestamp')
export const DURATION = simple('duration')

const SIMPLE = new Map(
  [DYN, ANY, NULL, BOOL, INT, UINT, DOUBLE, STRING, BYTES, TIMESTAMP, DURATION].map((type) => [
    type.name,
    type,
  ]),
)

export const listOf = (item: CelType): CelType => ({ kind: 'list', name: 'list', of: [item] })
export const mapOf = (key: CelType, value: CelType): CelType => ({
  kind: 'map',
  name: 'map',
  of: [key, value],
})
export const typeOf = (type: CelType): CelType => ({ kind: 'type', name: 'type', of: [type] })
export const optionalOf = (type: CelType): CelType => ({ kind: 'opaque', name: 'optional_type', of: [type] })
export const parameter = (name: string): CelType => ({ kind: 'parameter', name, of: [] })
export const objectOf = (name: string, fields: CelFieldTypes): CelType => ({
  kind: 'object',
  name,
  of: [],
  fields,
})

export const isDyn = (type: CelType): boolean => type === DYN || type === ANY
export const isDynOrError = (type: CelType): boolean => isDyn(type) || type === ERROR
export const isOptional = (type: CelType): boolean => type.kind === 'opaque' && type.name === 'optional_type'

/** As messages of the checker write it: `map(string, list(int))`. */
export function typeText(type: CelType): string {
  return type.of.length === 0 ? type.name : `${type.name}(${type.of.map(typeText).join(', ')})`
}

const RESULT_NAMES: Readonly<Record<string, string>> = {
  null: 'null_type',
  timestamp: 'google.protobuf.Timestamp',
  duration: 'google.protobuf.Duration',
}

/** As messages about the result of an expression write it. */
export function resultText(type: CelType): string {
  const name = type.kind === 'simple' ? (RESULT_NAMES[type.name] ?? type.name) : type.name
  return type.of.length === 0 ? name : `${name}(${type.of.map(resultText).join(', ')})`
}

export function sameType(a: CelType, b: CelType): boolean {
  if (a === b) return true
  return (
    a.kind === b.kind &&
    a.name === b.name &&
    a.of.length === b.of.length &&
    a.of.every((one, i) => sameType(one, b.of[i]!))
  )
}

const NONE: ReadonlyMap<string, CelType> = new Map()

/** The type that a text names: `map(string, list(int))`; one capital letter is a parameter, `named` are others' names. */
export function parseType(text: string, named: ReadonlyMap<string, CelType> = NONE): CelType {
  const [, name = '', inside] = /^([\w.]+)(?:\((.*)\))?$/.exec(text.trim()) ?? []
  const of = inside === undefined ? [] : splitTypes(inside).map((part) => parseType(part, named))
  const known = SIMPLE.get(name) ?? named.get(name)
  if (known) return known
  if (/^[A-Z]$/.test(name)) return parameter(name)
  if (name === 'list') return listOf(of[0] ?? DYN)
  if (name === 'map') return mapOf(of[0] ?? DYN, of[1] ?? DYN)
  if (name === 'optional') return optionalOf(of[0] ?? DYN)
  if (name === 'type') return { kind: 'type', name, of }
  // Kubernetes' own are messages, of which no fields are known
  return name.startsWith('kubernetes.') ? { kind: 'object', name, of } : { kind: 'opaque', name, of }
}

/** `int, map(string, int)` at its outer commas. */
export function splitTypes(text: string): string[] {
  const parts: string[] = []
  let depth = 0
  let part = ''
  for (const char of text) {
    if (char === '(') depth++
    if (char === ')') depth--
    if (char === ',' && depth === 0) {
      parts.push(part)
      part = ''
    } else part += char
  }
  return part.trim() === '' ? parts : [...parts, part]
}
