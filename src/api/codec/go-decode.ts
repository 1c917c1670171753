// Decodes JSON into a type the way Go's decoder does, with its errors: the exact way beside the quick one.
//
// Three kinds of trouble, as there: a type that does not fit is remembered (the first counts) and decoding goes
// on; a value that refuses itself (quantity, time) ends it at once; unknown and doubled fields are collected
// for `fieldValidation`. The result is what the Go value would hold, before it is written (codec/normalize.ts).
// Upstream: vendor/sigs.k8s.io/json/internal/golang/encoding/json/{decode,kubernetes_patch}.go

import { plainOf, RawNumber, RawObject, type RawValue } from '#api/codec/json-syntax.ts'
import { setKey } from '#api/codec/normalize.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { formatQuantity, parseQuantity, QuantityError } from '#api/meta/quantity.ts'
import { normalizeTime, TimeError } from '#api/meta/time.ts'
import type { EitherNode, FieldSchema, ScalarNode, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** Go's text for a body that does not fit its type. */
export class DecodeError extends Error {}

/** Go stops collecting here. */
const MAX_STRICT_PROBLEMS = 100

export interface GoDecoded {
  readonly value: unknown
  /** `unknown field "spec.foo"`, `duplicate field "spec.replicas"`, in the order of the text. */
  readonly strictProblems: readonly string[]
}

/** Decodes into `schema`; without one into anything, where only doubled keys are a problem. */
export function decodeExactly(raw: RawValue, schema: TypeSchema | undefined): GoDecoded {
  const decoder = new GoDecoder(true)
  const value = schema ? decoder.struct(raw, schema, undefined) : decoder.anything(raw, '')
  if (decoder.typeError) throw decoder.typeError
  return { value, strictProblems: [...decoder.problems] }
}

class GoDecoder {
  typeError: DecodeError | undefined
  readonly problems = new Set<string>()
  readonly #isStrict: boolean
  /** The innermost struct, and the fields from the root to the current one: what errors name. */
  #struct = ''
  #fields: string[] = []
  /** The same with indices and keys of maps: what strict problems name. */
  #path = ''

  constructor(isStrict: boolean) {
    this.#isStrict = isStrict
  }

  struct(raw: RawValue, schema: TypeSchema, existing: unknown): unknown {
    if (raw === null) return existing
    if (!(raw instanceof RawObject)) return this.#mismatch(raw, `v1.${schema.goName}`)
    const out: JsonObject = isObject(existing) ? { ...existing } : {}
    const seen = new Set<string>()
    const { outerStruct, outerPath, depth } = this.#enter()
    raw.keys.forEach((key, i) => {
      const field = schema.byName.get(key)
      if (!field) {
        this.#problem('unknown', key)
        return
      }
      if (seen.has(key)) this.#problem('duplicate', key)
      seen.add(key)
      this.#struct = schema.goName
      this.#fields.push(...field.embedded, key)
      this.#path = joined(outerPath, key)
      setOrDelete(out, key, this.#field(raw.values[i]!, field, out[key]))
      this.#leave(outerStruct, outerPath, depth)
    })
    return out
  }

  /** A value of no type: all is kept. */
  anything(raw: RawValue, path: string): unknown {
    if (Array.isArray(raw)) return raw.map((item, i) => this.anything(item, `${path}[${i}]`))
    if (!(raw instanceof RawObject)) return plainOf(raw)
    const out: JsonObject = {}
    const seen = new Set<string>()
    raw.keys.forEach((key, i) => {
      this.#path = path
      if (seen.has(key)) this.#problem('duplicate', key)
      seen.add(key)
      setKey(out, key, this.anything(raw.values[i]!, joined(path, key)))
    })
    return out
  }

  #field(raw: RawValue, field: FieldSchema, existing: unknown): unknown {
    if (raw === null && field.pointer) return undefined
    return this.#value(raw, field.type, existing)
  }

  #value(raw: RawValue, type: TypeNode, existing: unknown): unknown {
    switch (type.kind) {
      case 'scalar':
        return this.#scalar(raw, type, existing)
      case 'struct':
        if (raw !== null && !(raw instanceof RawObject)) return this.#mismatch(raw, type.goType)
        return this.struct(raw, type.schema, existing)
      case 'array':
        return this.#array(raw, type.items, type.goType, existing)
      case 'map':
        return this.#map(raw, type.values, type.goType, existing)
      case 'either':
        return this.#either(raw, type)
    }
  }

  #array(raw: RawValue, items: TypeNode, goType: string, existing: unknown): unknown {
    if (raw === null) return undefined
    if (!Array.isArray(raw)) return this.#mismatch(raw, goType)
    const outerPath = this.#path
    const before = Array.isArray(existing) ? existing : []
    const out = raw.map((item, i) => {
      this.#path = `${outerPath}[${i}]`
      return this.#value(item, items, before[i]) ?? null
    })
    this.#path = outerPath
    return out
  }

  #map(raw: RawValue, values: TypeNode, goType: string, existing: unknown): unknown {
    if (raw === null) return undefined
    if (!(raw instanceof RawObject)) return this.#mismatch(raw, goType)
    const out: JsonObject = isObject(existing) ? { ...existing } : {}
    const seen = new Set<string>()
    const outerPath = this.#path
    raw.keys.forEach((key, i) => {
      if (seen.has(key)) this.#problem('duplicate', key)
      seen.add(key)
      this.#path = joined(outerPath, key)
      setKey(out, key, this.#value(raw.values[i]!, values, undefined) ?? null)
      this.#path = outerPath
    })
    return out
  }

  /** Schemas of custom resources decode themselves, and leniently. */
  #either(raw: RawValue, type: EitherNode): unknown {
    if (raw === null || (type.or === 'bool' && typeof raw === 'boolean')) return raw ?? undefined
    if (raw instanceof RawObject) return this.#inner((decoder) => decoder.struct(raw, type.schema, undefined))
    if (type.or === 'bool') throw new DecodeError('boolean or JSON schema expected')
    if (!Array.isArray(raw)) return undefined
    const items: TypeNode =
      type.or === 'strings'
        ? { kind: 'scalar', scalar: 'string', goType: 'string' }
        : { kind: 'struct', schema: type.schema, goType: 'v1.JSONSchemaProps' }
    return this.#inner((decoder) => decoder.#array(raw, items, `[]${items.goType}`, undefined))
  }

  #inner(decode: (decoder: GoDecoder) => unknown): unknown {
    const decoder = new GoDecoder(false)
    decoder.#struct = this.#struct
    decoder.#fields = [...this.#fields]
    const value = decode(decoder)
    if (decoder.typeError) throw decoder.typeError
    return value
  }

  #scalar(raw: RawValue, type: ScalarNode, existing: unknown): unknown {
    switch (type.scalar) {
      case 'string':
        return raw === null ? existing : typeof raw === 'string' ? raw : this.#mismatch(raw, type.goType)
      case 'bool':
        return raw === null ? existing : typeof raw === 'boolean' ? raw : this.#mismatch(raw, type.goType)
      case 'int32':
      case 'int64':
        return raw === null ? existing : this.#integer(raw, type.scalar, type.goType)
      case 'float':
        return raw === null
          ? existing
          : raw instanceof RawNumber
            ? Number(raw.text)
            : this.#mismatch(raw, type.goType)
      case 'bytes':
        return this.#bytes(raw)
      case 'intOrString':
        if (raw === null || typeof raw === 'string') return raw ?? undefined
        return this.#orThrow(() => this.#integer(raw, 'int32', 'int32'))
      case 'quantity':
        return raw === null ? undefined : this.#quantity(raw)
      case 'time':
      case 'microTime':
        return raw === null ? undefined : this.#time(raw, type.scalar === 'time' ? 'seconds' : 'microseconds')
      default:
        return raw === null ? undefined : plainOf(raw)
    }
  }

  #integer(raw: RawValue, size: 'int32' | 'int64', goType: string): unknown {
    if (!(raw instanceof RawNumber)) return this.#mismatch(raw, goType)
    const value = /^-?\d+$/.test(raw.text) ? BigInt(raw.text) : undefined
    const bits = size === 'int32' ? 32 : 64
    if (value === undefined || BigInt.asIntN(bits, value) !== value) {
      return this.#remember(`number ${raw.text}`, goType)
    }
    return Number(value)
  }

  #bytes(raw: RawValue): unknown {
    if (raw === null) return undefined
    if (typeof raw !== 'string') {
      if (!Array.isArray(raw)) return this.#mismatch(raw, '[]uint8')
      for (const item of raw) if (!(item instanceof RawNumber)) this.#mismatch(item, 'uint8')
      return Buffer.from(raw.map((item) => Number(plainOf(item)))).toString('base64')
    }
    const wrongAt = wrongBase64At(raw)
    if (wrongAt === undefined) return Buffer.from(raw, 'base64').toString('base64')
    this.typeError ??= new DecodeError(`illegal base64 data at input byte ${wrongAt}`)
    return undefined
  }

  #quantity(raw: RawValue): string {
    const text = typeof raw === 'string' ? raw : raw instanceof RawNumber ? raw.text : '{}'
    try {
      return formatQuantity(parseQuantity(text.trim()))
    } catch (error) {
      if (error instanceof QuantityError) throw new DecodeError(error.message, { cause: error })
      throw error
    }
  }

  #time(raw: RawValue, precision: 'seconds' | 'microseconds'): unknown {
    if (typeof raw !== 'string') return this.#orThrow(() => this.#mismatch(raw, 'string'))
    try {
      normalizeTime(raw, precision)
      return raw
    } catch (error) {
      if (error instanceof TimeError) throw new DecodeError(error.message, { cause: error })
      throw error
    }
  }

  /** For values that decode themselves: their mismatch ends the whole. */
  #orThrow(decode: () => unknown): unknown {
    const before = this.typeError
    this.typeError = undefined
    const value = decode()
    if (this.typeError) throw this.typeError
    this.typeError = before
    return value
  }

  #mismatch(raw: RawValue, goType: string): undefined {
    const found =
      raw instanceof RawNumber
        ? 'number'
        : raw instanceof RawObject
          ? 'object'
          : Array.isArray(raw)
            ? 'array'
            : raw === null
              ? 'null'
              : typeof raw === 'boolean'
                ? 'bool'
                : 'string'
    return this.#remember(found, goType)
  }

  #remember(found: string, goType: string): undefined {
    const place = this.#fields.length > 0 ? `struct field ${this.#struct}.${this.#fields.join('.')}` : 'value'
    this.typeError ??= new DecodeError(`json: cannot unmarshal ${found} into Go ${place} of type ${goType}`)
  }

  #problem(kind: 'unknown' | 'duplicate', key: string): void {
    if (!this.#isStrict || this.problems.size >= MAX_STRICT_PROBLEMS) return
    this.problems.add(`${kind} field ${JSON.stringify(joined(this.#path, key))}`)
  }

  #enter(): { outerStruct: string; outerPath: string; depth: number } {
    return { outerStruct: this.#struct, outerPath: this.#path, depth: this.#fields.length }
  }

  #leave(outerStruct: string, outerPath: string, depth: number): void {
    this.#struct = outerStruct
    this.#path = outerPath
    this.#fields.length = depth
  }
}

const joined = (path: string, key: string): string => (path === '' ? key : `${path}.${key}`)

const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function setOrDelete(target: JsonObject, key: string, value: unknown): void {
  if (value === undefined) delete target[key]
  else target[key] = value
}

/** Where Go's base64 decoder stops, or undefined when it does not. Line ends are skipped. */
function wrongBase64At(text: string): number | undefined {
  let digits = 0
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character === '\n' || character === '\r') continue
    if (character === '=') return wrongPaddingAt(text, i, digits % 4)
    if (!/[A-Za-z0-9+/]/.test(character)) return Buffer.byteLength(text.slice(0, i))
    digits++
  }
  return digits % 4 === 0 ? undefined : text.length - (digits % 4)
}

function wrongPaddingAt(text: string, position: number, digits: number): number | undefined {
  if (digits < 2) return position
  const rest = text.slice(position).replace(/[\r\n]/g, '')
  const wanted = digits === 2 ? '==' : '='
  if (rest === wanted) return undefined
  if (!rest.startsWith(wanted)) return rest.length < wanted.length ? text.length : position + 1
  return position + wanted.length
}
