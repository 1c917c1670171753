// Whether the defaults in a schema fit the schema themselves.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go
// Left out: the rules in CEL, and formats of text

import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import {
  invalid,
  notSupportedInOrder,
  type Path,
  required,
  tooLong,
  typeInvalid,
} from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

export function* validateDefaults(schema: Schema, path: Path): FieldErrors {
  if (schema.default !== undefined) {
    const at = path.child('default')
    if (hasUnknownFields(schema.default, schema)) {
      yield invalid(at, schema.default, 'must not have unknown fields')
    }
    yield* validateValue(schema.default, schema, new Place(at))
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

/** Where a value stands: the default, and from there the name that go-openapi has for it. */
class Place {
  readonly root: Path
  readonly name: string

  constructor(root: Path, name = '') {
    this.root = root
    this.name = name
  }

  get path(): Path {
    return this.root.child(this.name)
  }

  field(name: string): Place {
    return new Place(this.root, this.name === '' ? name : `${this.name}.${name}`)
  }

  index(i: number): Place {
    return new Place(this.root, `${this.name}[${i}]`)
  }

  /** `spec.color in body should be …` */
  says(text: string): string {
    return `${this.name} in body ${text}`
  }
}

/** The value of a field as go-openapi judges it. */
function* validateValue(value: unknown, schema: Schema, at: Place): FieldErrors {
  if (value === null && schema.nullable) return
  const wrong = typeProblem(value, schema)
  if (wrong !== undefined) {
    const text = at.says(`must be of type ${wrong.wanted}: "${wrong.found}"`)
    yield typeInvalid(at.path, wrong.found, text)
  }
  if (schema.enum?.length && !schema.enum.some((allowed) => semanticEqual(allowed, value))) {
    yield notSupportedInOrder(at.path, value, schema.enum.map(String))
  }
  if (wrong !== undefined) return
  if (typeof value === 'number') yield* validateNumber(value, schema, at)
  if (typeof value === 'string') yield* validateText(value, schema, at)
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    for (const [i, item] of value.entries()) if (items) yield* validateValue(item, items, at.index(i))
  } else if (typeof value === 'object' && value !== null) {
    yield* validateObject(value as Record<string, unknown>, schema, at)
  }
}

function* validateObject(value: Record<string, unknown>, schema: Schema, at: Place): FieldErrors {
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) yield required(at.field(name).path)
  }
  const others = additionalOf(schema)
  for (const [name, field] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? others
    if (known) yield* validateValue(field, known, at.field(name))
  }
}

function* validateNumber(value: number, schema: Schema, at: Place): FieldErrors {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum } = schema
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const word = exclusiveMinimum ? 'greater than' : 'greater than or equal to'
    yield invalid(at.path, value, at.says(`should be ${word} ${minimum}`))
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const word = exclusiveMaximum ? 'less than' : 'less than or equal to'
    yield invalid(at.path, value, at.says(`should be ${word} ${maximum}`))
  }
}

function* validateText(value: string, { minLength, maxLength, pattern }: Schema, at: Place): FieldErrors {
  const length = [...value].length
  if (minLength !== undefined && length < minLength) {
    yield invalid(at.path, value, at.says(`should be at least ${minLength} chars long`))
  }
  if (maxLength !== undefined && length > maxLength) yield tooLong(at.path, maxLength)
  if (pattern && !matches(pattern, value)) {
    yield invalid(at.path, value, at.says(`should match '${pattern}'`))
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

/** Upstream: kube-openapi's typeValidator, which names a number by its format where the schema has one. */
function typeProblem(value: unknown, schema: Schema): TypeProblem | undefined {
  const { type, format: wanted = '' } = schema
  const [found, format] = goTypeOf(value)
  if (schema['x-kubernetes-int-or-string']) {
    return found === 'string' || found === 'integer' ? undefined : { found, wanted: 'integer,string' }
  }
  if (!type) return undefined
  const fits = type === found || (type === 'number' && found === 'integer')
  if (fits) return undefined
  const isListOrText = found === 'string' || found === 'array'
  if (wanted !== '' && isListOrText && type !== 'number' && type !== 'integer') return undefined
  const isByFormat = wanted !== '' && !isListOrText && found !== 'null' && wanted !== format
  return isByFormat ? { found: format, wanted } : { found, wanted: type }
}

function goTypeOf(value: unknown): [type: string, format: string] {
  if (value === null) return ['null', '']
  if (Array.isArray(value)) return ['array', '']
  if (typeof value !== 'number') return [typeof value, '']
  return Number.isInteger(value) ? ['integer', 'int64'] : ['number', 'float64']
}
