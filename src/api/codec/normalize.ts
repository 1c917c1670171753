// What remains of an object after Go has read it into its structs and written it again.
//
// A typed API server answers with the round trip, not with what it was sent: fields that a type does not have
// are gone, zero values with `omitempty` too, and fields that Go always writes appear (`status: {}`,
// `resources: {}`, `creationTimestamp: null`). Empty lists and maps stay until the object is written
// (codec/written-form.ts). Fields come in Go's order, keys of maps sorted. This is the
// quick way for input without oddities; for anything else it gives up (NotPlain) and codec/go-decode.ts, which
// knows every error text, takes over. Invariant: the result shares nothing that it would have to change.
// Upstream: encoding/json over staging/src/k8s.io/api/*/*/types.go

import type { JsonObject } from '#api/meta/object.ts'
import { canonicalQuantity } from '#api/meta/quantity.ts'
import { normalizeTime } from '#api/meta/time.ts'
import type { EitherNode, FieldSchema, ScalarNode, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** Thrown when the quick way cannot judge: an unknown field, a wrong type, a number in an odd spelling. */
export class NotPlain extends Error {}
const NOT_PLAIN = new NotPlain('not plain')

/** How many object keys were seen: fewer than in the text means that some were written twice. */
export interface Tally {
  keys: number
}

/** Converts a value that is neither undefined nor null; undefined stands for a zero time. */
type Convert = (value: unknown, tally: Tally) => unknown

interface FieldPlan {
  readonly name: string
  readonly convert: Convert
  /** What is written when the field is absent, or undefined for nothing. */
  readonly whenAbsent: (() => unknown) | undefined
  /** The zero value that `omitempty` leaves out; undefined where nothing is left out. */
  readonly omitted: unknown
  readonly isDroppedWhenEmpty: boolean
}

const plans = new WeakMap<TypeSchema, FieldPlan[]>()
const converters = new WeakMap<TypeNode, Convert>()

/** The round trip of `value`; throws NotPlain when it needs the exact decoder. */
export function normalizePlain(value: unknown, schema: TypeSchema, tally: Tally = { keys: 0 }): JsonObject {
  return convertStruct(value, schema, tally)
}

function planOf(schema: TypeSchema): FieldPlan[] {
  let plan = plans.get(schema)
  if (!plan) {
    plan = schema.fields.map((field) => {
      const planned = planField(field, schema.goName.endsWith('List') && field.name === 'items')
      const { whenEmpty, pointer } = field
      const isDropped = whenEmpty === 'omitted' && !pointer && SHOWN_AS_WRITTEN.has(schema.name)
      return { ...planned, isDroppedWhenEmpty: isDropped && isCollection(field.type) }
    })
    plans.set(schema, plan)
  }
  return plan
}

/** Messages show these as JSON writes them: nothing is lost when their empty lists and maps go at once. */
const SHOWN_AS_WRITTEN = new Set(['meta.v1.LabelSelector', 'meta.v1.LabelSelectorRequirement'])

const isCollection = ({ kind }: TypeNode): boolean => kind === 'array' || kind === 'map'

/** The items of a list are `[]` when there are none, which a client may rely on. */
function planField(field: FieldSchema, isListItems: boolean): Omit<FieldPlan, 'isDroppedWhenEmpty'> {
  const { type, pointer, whenEmpty } = field
  const hasNoEmpty = type.kind === 'struct' || (type.kind === 'scalar' && !(type.scalar in EMPTY_SCALARS))
  const isWrittenWhenZero = whenEmpty === 'written' || (whenEmpty === 'omitted' && !pointer && hasNoEmpty)
  return {
    name: field.name,
    convert: converterOf(type),
    whenAbsent: isListItems
      ? () => []
      : isWrittenWhenZero
        ? pointer
          ? () => null
          : zeroOf(type)
        : undefined,
    omitted:
      whenEmpty === 'omitted' && !pointer && type.kind === 'scalar' ? EMPTY_SCALARS[type.scalar] : undefined,
  }
}

/** Scalars that `omitempty` can leave out; the others are structs in Go. */
const EMPTY_SCALARS: Readonly<Record<string, unknown>> = {
  string: '',
  int32: 0,
  int64: 0,
  float: 0,
  bool: false,
  bytes: '',
}

function isEmptyObject(value: object): boolean {
  for (const _ in value) return false
  return true
}

/** What Go writes for a value that was never set. */
export function zeroOf(type: TypeNode): () => unknown {
  if (type.kind === 'struct') return () => convertStruct({}, type.schema, { keys: 0 })
  if (type.kind !== 'scalar') return () => null
  if (type.scalar === 'quantity') return () => '0'
  if (type.scalar === 'intOrString') return () => 0
  const empty = type.scalar === 'bytes' ? null : (EMPTY_SCALARS[type.scalar] ?? null)
  return () => empty
}

function convertStruct(value: unknown, schema: TypeSchema, tally: Tally): JsonObject {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw NOT_PLAIN
  const source = value as JsonObject
  const out: JsonObject = {}
  let found = 0
  for (const field of planOf(schema)) {
    const given = source[field.name]
    if (given !== undefined) found++
    const written = given === undefined || given === null ? undefined : field.convert(given, tally)
    if (written === undefined) {
      if (field.whenAbsent !== undefined) out[field.name] = field.whenAbsent()
      else if (given !== undefined && given !== null) out[field.name] = null
    } else if (field.isDroppedWhenEmpty && isEmptyObject(written as object)) continue
    else if (field.omitted === undefined || written !== field.omitted) out[field.name] = written
  }
  let keys = 0
  for (const _ in source) keys++
  if (keys !== found && countDefined(source) !== found) throw NOT_PLAIN
  tally.keys += found
  return out
}

/** Objects from within this process may have keys without a value. */
function countDefined(source: JsonObject): number {
  let count = 0
  for (const key in source) if (source[key] !== undefined) count++
  return count
}

function converterOf(type: TypeNode): Convert {
  let convert = converters.get(type)
  if (!convert) {
    convert = makeConverter(type)
    converters.set(type, convert)
  }
  return convert
}

function makeConverter(type: TypeNode): Convert {
  switch (type.kind) {
    case 'scalar':
      return scalarConverter(type)
    case 'struct':
      return (value, tally) => convertStruct(value, type.schema, tally)
    case 'array':
      return arrayConverter(type.items)
    case 'map':
      return mapConverter(type.values)
    case 'either':
      return eitherConverter(type)
  }
}

function arrayConverter(items: TypeNode): Convert {
  const convert = converterOf(items)
  const zero = zeroOf(items)
  return (value, tally) => {
    if (!Array.isArray(value)) throw NOT_PLAIN
    return value.map((item: unknown) => (item == null ? zero() : (convert(item, tally) ?? null)))
  }
}

function mapConverter(values: TypeNode): Convert {
  const convert = converterOf(values)
  const zero = values.kind === 'scalar' && values.scalar === 'bytes' ? () => '' : zeroOf(values)
  return (value, tally) => {
    if (typeof value !== 'object' || Array.isArray(value)) throw NOT_PLAIN
    const source = value as JsonObject
    const keys = Object.keys(source)
    tally.keys += keys.length
    if (keys.length > 1) keys.sort(byCodePoint)
    const out: JsonObject = {}
    for (const key of keys) {
      const item = source[key]
      if (item !== undefined) setKey(out, key, item === null ? zero() : (convert(item, tally) ?? null))
    }
    return out
  }
}

/** Go sorts keys by their bytes; UTF-16 agrees but for characters beyond the first plane. */
const byCodePoint = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

/** Sets a key from outside; `__proto__` is a key like any other. */
export function setKey(target: JsonObject, key: string, value: unknown): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true })
  } else target[key] = value
}

function eitherConverter(type: EitherNode): Convert {
  const { schema, or } = type
  return (value, tally) => {
    if (typeof value === 'object' && !Array.isArray(value)) return convertStruct(value, schema, tally)
    if (or === 'bool' && typeof value === 'boolean') return value
    if (or === 'schemas' && Array.isArray(value))
      return value.map((item) => convertStruct(item, schema, tally))
    if (or === 'strings' && Array.isArray(value) && value.every((item) => typeof item === 'string'))
      return value
    throw NOT_PLAIN
  }
}

const MAX_INT32 = 2_147_483_647

function scalarConverter(type: ScalarNode): Convert {
  switch (type.scalar) {
    case 'string':
      return expect((value) => typeof value === 'string')
    case 'bool':
      return expect((value) => typeof value === 'boolean')
    case 'int32':
      return expect(isInt32)
    case 'int64':
      return expect((value) => Number.isSafeInteger(value))
    case 'float':
      return expect((value) => typeof value === 'number')
    case 'intOrString':
      return expect((value) => typeof value === 'string' || isInt32(value))
    case 'bytes':
      return expect((value) => typeof value === 'string' && isPlainBase64(value))
    case 'quantity':
      return convertQuantity
    case 'time':
      return (value) => convertTime(value, 'seconds')
    case 'microTime':
      return (value) => convertTime(value, 'microseconds')
    case 'rawExtension':
    case 'fieldsV1':
    case 'json':
      return (value, tally) => {
        tally.keys += countKeys(value)
        return value
      }
  }
}

function expect(isPlain: (value: unknown) => boolean): Convert {
  return (value) => {
    if (!isPlain(value)) throw NOT_PLAIN
    return value
  }
}

const isInt32 = (value: unknown): boolean =>
  Number.isInteger(value) && (value as number) <= MAX_INT32 && (value as number) >= -MAX_INT32 - 1

/** Base64 that a decoder and encoder would give back as it is. */
function isPlainBase64(text: string): boolean {
  return text.length % 4 === 0 && PLAIN_BASE64.test(text)
}

const PLAIN_BASE64 = /^[A-Za-z0-9+/]*(?:[AQgw]==|[AEIMQUYcgkosw048]=)?$/

function convertQuantity(value: unknown): string {
  if (typeof value !== 'string' && typeof value !== 'number') throw NOT_PLAIN
  try {
    return canonicalQuantity(value)
  } catch {
    throw NOT_PLAIN
  }
}

function convertTime(value: unknown, precision: 'seconds' | 'microseconds'): string | undefined {
  if (typeof value !== 'string') throw NOT_PLAIN
  try {
    return normalizeTime(value, precision)
  } catch {
    throw NOT_PLAIN
  }
}

/** All keys of all objects within `value`. */
export function countKeys(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const item of value) count += countKeys(item)
    return count
  }
  for (const key of Object.keys(value)) count += 1 + countKeys((value as JsonObject)[key])
  return count
}
