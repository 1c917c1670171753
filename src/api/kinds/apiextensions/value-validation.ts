// Whether a value fits the schema of a custom resource: types, bounds, patterns, enums, combinations.
//
// The texts are go-openapi's, which clients know from Kubernetes. Used for the objects of custom resources and for the
// defaults in their schemas. Upstream: vendor/k8s.io/kube-openapi/pkg/validation/validate, and
// staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/validation/validation.go

import { RE2JS } from 're2js'
import { patternProblem } from '#api/cel/checker/validate-literals.ts'
import { counterpart } from '#api/custom/correlation.ts'
import { fitsFormat } from '#api/kinds/apiextensions/format-values.ts'
import { additionalOf, itemsOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import {
  duplicate,
  invalid,
  notSupportedInOrder,
  Path,
  required,
  tooLong,
  tooMany,
  typeInvalid,
} from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

/** Where a value stands: a root (a default; nothing for objects), and from there the name that go-openapi has for it. */
export class Place {
  readonly root: Path | undefined
  readonly name: string

  constructor(root: Path | undefined, name = '') {
    this.root = root
    this.name = name
  }

  get path(): Path {
    return this.root ? this.root.child(this.name) : new Path(this.name)
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

/** The value of a field as go-openapi judges it. What an update leaves as it was is not judged again. */
export function* validateValue(value: unknown, schema: Schema, at: Place, old?: unknown): FieldErrors {
  if (old !== undefined && semanticEqual(value, old)) return
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
  yield* validateCombinations(value, schema, at)
  if (typeof value === 'number') yield* validateNumber(value, schema, at)
  if (typeof value === 'string') yield* validateText(value, schema, at)
  if (Array.isArray(value)) yield* validateList(value, schema, at, old)
  else if (typeof value === 'object' && value !== null) {
    yield* validateObject(value as Record<string, unknown>, schema, at, old)
  }
}

/** Go's text for a place that a combination does not name. */
const NOWHERE = new Path('<nil>')

/** `allOf` and the like: of alternatives, what is wrong with the first is told as well. */
function* validateCombinations(value: unknown, schema: Schema, at: Place): FieldErrors {
  const errorsOf = (part: Schema) => [...validateValue(value, part, at)]
  const { allOf = [], anyOf = [], oneOf = [], not } = schema
  const says = (text: string) => invalid(NOWHERE, '', `${JSON.stringify(at.name)} ${text}`)
  if (anyOf.length > 0) {
    const errors = anyOf.map(errorsOf)
    if (!errors.some((found) => found.length === 0)) {
      yield says('must validate at least one schema (anyOf)')
      yield* errors[0]!
    }
  }
  if (oneOf.length > 0) {
    const errors = oneOf.map(errorsOf)
    const found = errors.filter(({ length }) => length === 0).length
    const text = 'must validate one and only one schema (oneOf)'
    if (found > 1) yield says(`${text}. Found ${found} valid alternatives`)
    if (found === 0) {
      yield says(`${text}. Found none valid`)
      yield* errors[0]!
    }
  }
  const wrong = allOf.map(errorsOf).filter(({ length }) => length > 0)
  yield* wrong.flat()
  if (wrong.length > 0) {
    yield says(
      `must validate all the schemas (allOf)${wrong.length === allOf.length ? '. None validated' : ''}`,
    )
  }
  if (not && errorsOf(not).length === 0) yield says('must not validate the schema (not)')
}

function* validateList(value: readonly unknown[], schema: Schema, at: Place, old: unknown): FieldErrors {
  const { minItems, maxItems } = schema
  if (minItems !== undefined && value.length < minItems) {
    yield invalid(at.path, value.length, at.says(`should have at least ${minItems} items`))
  }
  if (maxItems !== undefined && value.length > maxItems) yield tooMany(at.path, value.length, maxItems)
  const items = itemsOf(schema)
  for (const [i, item] of items ? value.entries() : []) {
    yield* validateValue(item, items!, at.index(i), counterpart(item, old, schema))
  }
  yield* validateKeys(value, schema, at)
}

/** Items of a set differ, and items of a map differ in their keys. */
function* validateKeys(value: readonly unknown[], schema: Schema, at: Place): FieldErrors {
  const listType = schema['x-kubernetes-list-type']
  if (listType !== 'set' && listType !== 'map') return
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const seen = new Set<string>()
  for (const [i, item] of value.entries()) {
    const known = item as Readonly<Record<string, unknown>>
    const key = listType === 'set' ? item : Object.fromEntries(keys.map((name) => [name, known[name]]))
    const text = JSON.stringify(key)
    if (seen.has(text)) yield duplicate(at.path.index(i), key)
    seen.add(text)
  }
}

function* validateObject(
  value: Record<string, unknown>,
  schema: Schema,
  at: Place,
  old: unknown,
): FieldErrors {
  const before = old as Readonly<Record<string, unknown>> | undefined
  const { minProperties, maxProperties } = schema
  const count = Object.keys(value).length
  if (minProperties !== undefined && count < minProperties) {
    yield invalid(at.path, count, at.says(`should have at least ${minProperties} properties`))
  }
  if (maxProperties !== undefined && count > maxProperties) yield tooMany(at.path, count, maxProperties)
  for (const name of schema.required ?? []) {
    if (value[name] === undefined) yield required(at.field(name).path)
  }
  const others = additionalOf(schema)
  for (const [name, field] of Object.entries(value)) {
    const known = schema.properties?.[name] ?? others
    if (known) yield* validateValue(field, known, at.field(name), before?.[name])
  }
}

function* validateNumber(value: number, schema: Schema, at: Place): FieldErrors {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema
  if (multipleOf && !Number.isInteger(value / multipleOf)) {
    yield invalid(at.path, value, at.says(`should be a multiple of ${multipleOf}`))
  }
  if (minimum !== undefined && (exclusiveMinimum ? value <= minimum : value < minimum)) {
    const word = exclusiveMinimum ? 'greater than' : 'greater than or equal to'
    yield invalid(at.path, value, at.says(`should be ${word} ${minimum}`))
  }
  if (maximum !== undefined && (exclusiveMaximum ? value >= maximum : value > maximum)) {
    const word = exclusiveMaximum ? 'less than' : 'less than or equal to'
    yield invalid(at.path, value, at.says(`should be ${word} ${maximum}`))
  }
}

function* validateText(
  value: string,
  { minLength, maxLength, pattern, format }: Schema,
  at: Place,
): FieldErrors {
  const length = [...value].length
  if (minLength !== undefined && length < minLength) {
    yield invalid(at.path, value, at.says(`should be at least ${minLength} chars long`))
  }
  if (maxLength !== undefined && length > maxLength) yield tooLong(at.path, maxLength)
  if (pattern && !matches(pattern, value)) {
    yield invalid(at.path, value, at.says(`should match '${pattern}'`))
  }
  if (format && !fitsFormat(format, value)) {
    yield typeInvalid(at.path, value, at.says(`must be of type ${format}: ${JSON.stringify(value)}`))
  }
}

const patterns = new Map<string, RE2JS | undefined>()
const MAX_PATTERNS = 1_000

/** JavaScript's own regular expressions have no bound on their time. */
function matches(pattern: string, value: string): boolean {
  if (!patterns.has(pattern)) {
    if (patterns.size >= MAX_PATTERNS) patterns.clear()
    patterns.set(pattern, patternProblem(pattern) === undefined ? RE2JS.compile(pattern) : undefined)
  }
  return patterns.get(pattern)?.matcher(value).find() ?? true
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
