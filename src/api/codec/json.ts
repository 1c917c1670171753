// JSON in: from the bytes of a body to the object that Go would hold and write back.
//
// The quick way (JSON.parse, a glance at the text, normalize) serves nearly everything; unknown or doubled
// fields, odd numbers and errors take the exact way (json-syntax, go-decode), which finds the same value and the
// texts besides. Invariant: both ways give the same object.

import { decodeExactly } from '#api/codec/go-decode.ts'
import { surveyJson } from '#api/codec/json-survey.ts'
import { MAX_DEPTH, parseRaw } from '#api/codec/json-syntax.ts'
import { countKeys, NotPlain, normalizePlain } from '#api/codec/normalize.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { TypeSchema } from '#api/schema/schema.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

export interface Decoded {
  readonly object: JsonObject
  /** Unknown and doubled fields, in Go's words; always empty with `Ignore`. */
  readonly strictProblems: readonly string[]
}

const decoder = new TextDecoder()

/**
 * Decodes a JSON object into a type, or into anything when there is no schema (custom resources). Throws
 * JsonSyntaxError or DecodeError with Go's text.
 */
export function decodeJson(
  body: Uint8Array | string,
  schema: TypeSchema | undefined,
  validation: FieldValidation = 'Ignore',
): Decoded {
  const text = typeof body === 'string' ? body : decoder.decode(body)
  return decodeParsed(text, parsePlain(text), schema, validation)
}

/** decodeJson for a text whose value is known already; undefined when it is no JSON. */
export function decodeParsed(
  text: string,
  value: unknown,
  schema: TypeSchema | undefined,
  validation: FieldValidation,
): Decoded {
  const quick = value === undefined ? undefined : decodeQuickly(text, value, schema)
  return quick ? { object: quick, strictProblems: [] } : decodeSlowly(text, schema, validation)
}

/** The same for a value that is already parsed: the result of a patch, an object from within this process. */
export function decodeValue(
  value: unknown,
  schema: TypeSchema | undefined,
  validation: FieldValidation = 'Ignore',
): Decoded {
  if (!schema) return { object: value as JsonObject, strictProblems: [] }
  const quick = tryNormalize(value, schema, { keys: 0 })
  return quick
    ? { object: quick, strictProblems: [] }
    : decodeSlowly(JSON.stringify(value) ?? 'null', schema, validation)
}

/** The round trip through Go's structs; unknown fields are dropped. Throws DecodeError when a type does not fit. */
export function normalize(value: unknown, schema: TypeSchema): JsonObject {
  return decodeValue(value, schema).object
}

/** Undefined when the text is not JSON: the exact parser will say why. */
export function parsePlain(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return undefined
  }
}

function decodeQuickly(text: string, value: unknown, schema: TypeSchema | undefined): JsonObject | undefined {
  const survey = surveyJson(text)
  if (survey.hasOddNumbers || survey.depth > MAX_DEPTH) return undefined
  if (!schema) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
    return countKeys(value) === survey.keys ? (value as JsonObject) : undefined
  }
  const tally = { keys: 0 }
  const object = tryNormalize(value, schema, tally)
  return object && tally.keys === survey.keys ? object : undefined
}

function tryNormalize(value: unknown, schema: TypeSchema, tally: { keys: number }): JsonObject | undefined {
  try {
    return normalizePlain(value, schema, tally)
  } catch (error) {
    if (error instanceof NotPlain) return undefined
    throw error
  }
}

function decodeSlowly(text: string, schema: TypeSchema | undefined, validation: FieldValidation): Decoded {
  const raw = parseRaw(text)
  const { value, strictProblems } = decodeExactly(raw, schema)
  const object = schema ? normalizePlain(value ?? {}, schema) : ((value ?? {}) as JsonObject)
  return { object, strictProblems: validation === 'Ignore' ? [] : strictProblems }
}
