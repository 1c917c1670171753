// Whether the defaults in a schema fit the schema themselves.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go
// Left out: the rules in CEL, and formats of text

import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, notSupportedInOrder, type Path, required, typeInvalid } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

export function* validateDefaults(schema: Schema, path: Path): FieldErrors {
  if (schema.default !== undefined) {
    const at = path.child('default')
    if (hasUnknownFields(schema.default, schema)) {
      yield invalid(at, schema.default, 'must not have unknown fields')
    }
    yield* validateValue(schema.default, schema, at)
  }
  const items = itemsOf(schema)
  if (items) yield* validateDefaults(items, path.child('items'))
  for (const [name, property] of propertiesOf(schema)) {
    yield* validateDefaults(property, path.child('properties').key(name))
  }
}

function hasUnknownFields(value: unknown, schema: Schema): boolean {
  if (schema['x-kubernetes-preserve-unknown-fields']) return false
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    return items ? value.some((item) => hasUnknownFields(item, items)) : false
  }
  if (typeof value !== 'object' || value === null) return false
  const others = additionalOf(schema)
  return Object.entries(value).some(([name, field]) => {
    const known = schema.properties?.[name] ?? others
    return known ? hasUnknownFields(field, known) : schema.additionalProperties !== true
  })
}

/** The value of a field as go-openapi judges it. */
function* validateValue(value: unknown, schema: Schema, path: Path): FieldErrors {
  if (value === null && schema.nullable) return
  const wrong = typeProblem(value, schema)
  if (wrong !== undefined) {
    yield typeInvalid(path, wrong.found, ` in body must be of type ${wrong.wanted}: "${wrong.found}"`)
  }
  if (schema.enum && !schema.enum.some((allowed) => semanticEqual(allowed, value))) {
    yield notSupportedInOrder(path, value, schema.enum.map(String))
  }
  if (wrong !== undefined) return
  if (typeof value === 'number') yield* validateNumber(value, schema, path)
  if (typeof value === 'string') yield* validateText(value, schema, path)
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    for (const [i, item] of value.entries()) if (items) yield* validateValue(item, items, path.index(i))
  } else if (typeof value === 'object' && value !== null) {
    yield* validateObject(value as Record<string, unknown>, schema, path)
  }
}

function* validateObject(value: Record<string, unknown>, schema: Schema, path: Path): FieldErrors {
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) yield required(path.child(name))
  }
  const others = additionalOf(schema)
  for (const [name, field] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? others
    if (known) yield* validateValue(field, known, path.child(name))
  }
}

function* validateNumber(value: number, schema: Schema, path: Path): FieldErrors {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const word = exclusiveMinimum ? 'greater than' : 'greater than or equal to'
    yield invalid(path, value, ` in body should be ${word} ${minimum}`.replace(/^ /, ` `))
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const word = exclusiveMaximum ? 'less than' : 'less than or equal to'
    yield invalid(path, value, ` in body should be ${word} ${maximum}`)
  }
}

function* validateText(value: string, { minLength, maxLength, pattern }: Schema, path: Path): FieldErrors {
  const length = [...value].length
  if (minLength !== undefined && length < minLength) {
    yield invalid(path, value, ` in body should be at least ${minLength} chars long`)
  }
  if (maxLength !== undefined && length > maxLength) {
    yield invalid(path, value, ` in body should be at most ${maxLength} chars long`)
  }
  if (pattern && !matches(pattern, value)) {
    yield invalid(path, value, ` in body should match '${pattern}'`)
  }
}

function matches(pattern: string, value: string): boolean {
  try {
    return new RegExp(pattern).test(value)
  } catch {
    return true
  }
}

interface TypeProblem {
  readonly found: string
  readonly wanted: string
}

/** A number may be named by its format, as go-openapi does. */
function typeProblem(value: unknown, schema: Schema): TypeProblem | undefined {
  const { type, format = '' } = schema
  if (schema['x-kubernetes-int-or-string']) {
    const fits = typeof value === 'string' || Number.isInteger(value)
    return fits ? undefined : { found: goTypeOf(value, ''), wanted: 'integer,string' }
  }
  if (!type) return undefined
  const found = goTypeOf(value, format)
  const isNumber = typeof value === 'number'
  const fits =
    type === jsonTypeOf(value) ||
    (isNumber && type === 'number') ||
    (type === 'integer' && Number.isInteger(value))
  if (fits) return undefined
  const isNumeric = ['int32', 'int64', 'float', 'double'].includes(format)
  return { found, wanted: isNumeric ? format : type }
}

function jsonTypeOf(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'array'
  return typeof value === 'number' ? 'number' : typeof value
}

function goTypeOf(value: unknown, format: string): string {
  if (typeof value !== 'number') return jsonTypeOf(value)
  if (Number.isInteger(value)) return format === '' ? 'integer' : 'int64'
  return format === '' ? 'number' : 'float64'
}
