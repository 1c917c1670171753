// A structural schema: each field has one type, told outside of logical combinations. Only then can it be pruned.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/validation.go

import { patternProblem } from '#api/cel/checker/validate-literals.ts'
import {
  additionalOf,
  isIntOrStringPattern,
  itemsOf,
  propertiesOf,
  type Schema,
} from '#api/kinds/apiextensions/schema.ts'
import { type FieldError, forbidden, invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

type Level = 'root' | 'item' | 'field'

/** What keeps a schema from being structural, in the order of the texts. */
export function structuralErrors(schema: Schema, path: Path): FieldError[] {
  const errors = [...invariants(schema, 'root', path), ...completeness(schema, schema, path, path)]
  const textOf = ({ field, body }: FieldError): string => `${field}: ${body}`
  return errors.sort((a, b) => (textOf(a) < textOf(b) ? -1 : 1))
}

const NO_TYPE: Readonly<Record<Level, string>> = {
  root: 'must not be empty at the root',
  item: 'must not be empty for specified array items',
  field: 'must not be empty for specified object fields',
}

function* invariants(schema: Schema, level: Level, path: Path): FieldErrors {
  const items = itemsOf(schema)
  if (schema.type === 'array' && !items) yield required(path.child('items'), 'must be specified')
  if (items) yield* invariants(items, 'item', path.child('items'))
  for (const [name, property] of propertiesOf(schema)) {
    yield* invariants(property, 'field', path.child('properties').key(name))
  }
  const additional = path.child('additionalProperties')
  if (schema.additionalProperties !== undefined && level === 'root') {
    yield forbidden(additional, 'must not be used at the root')
  }
  const others = additionalOf(schema)
  if (others) yield* invariants(others, 'field', additional)
  yield* extensions(schema, path)
  const skipAnyOf = isIntOrStringPattern(schema.anyOf)
  yield* valueValidation(schema, skipAnyOf, isIntOrStringPattern(schema.allOf?.[0]?.anyOf), path)
  yield* types(schema, level, path)
}

function* extensions(schema: Schema, path: Path): FieldErrors {
  const isEmbedded = schema['x-kubernetes-embedded-resource']
  const preserves = schema['x-kubernetes-preserve-unknown-fields']
  if (!schema['x-kubernetes-int-or-string']) return
  const text = 'must be false if x-kubernetes-int-or-string is true'
  if (preserves) yield invalid(path.child('x-kubernetes-preserve-unknown-fields'), true, text)
  if (isEmbedded) yield invalid(path.child('x-kubernetes-embedded-resource'), true, text)
}

function* types(schema: Schema, level: Level, path: Path): FieldErrors {
  const { type = '', properties = {} } = schema
  const isEmbedded = schema['x-kubernetes-embedded-resource'] ?? false
  const preserves = schema['x-kubernetes-preserve-unknown-fields'] ?? false
  const at = path.child('type')
  if (isEmbedded && type !== 'object') {
    const text = 'must be object if x-kubernetes-embedded-resource is true'
    yield type === '' ? required(at, text) : invalid(at, type, text)
  } else if (type === '' && !schema['x-kubernetes-int-or-string'] && !preserves) {
    yield required(at, NO_TYPE[level])
  }
  if (isEmbedded && schema.additionalProperties !== undefined) {
    yield forbidden(
      path.child('additionalProperties'),
      'must not be used if x-kubernetes-embedded-resource is set',
    )
  }
  if (level === 'root' && type !== '' && type !== 'object')
    yield invalid(at, type, 'must be object at the root')
  const isResource = level === 'root' || isEmbedded
  for (const name of ['kind', 'apiVersion'] as const) {
    const field = properties[name]
    if (isResource && field && field.type !== 'string') {
      yield invalid(path.child('properties').key(name).child('type'), field.type ?? '', 'must be string')
    }
  }
  const metadata = properties['metadata']
  if (metadata) yield* metadataSchema(metadata, isResource, level, path.child('properties').key('metadata'))
  if (isEmbedded && !preserves && Object.keys(properties).length === 0) {
    const text =
      'must not be empty if x-kubernetes-embedded-resource is true without x-kubernetes-preserve-unknown-fields'
    yield required(path.child('properties'), text)
  }
}

/** Metadata is known; a definition may only narrow the names. */
function* metadataSchema(metadata: Schema, isResource: boolean, level: Level, path: Path): FieldErrors {
  if (isResource && metadata.type !== 'object') {
    yield invalid(path.child('type'), metadata.type ?? '', 'must be object')
  }
  if (level !== 'root') return
  const { type: _type, default: _default, properties = {}, ...rest } = metadata
  const names = Object.keys(properties)
  const isPlain = names.every((name) => name === 'name' || name === 'generateName')
  if (!isPlain || Object.keys(rest).length > 0) {
    const text =
      'must not specify anything other than name and generateName, but metadata is implicitly specified'
    yield forbidden(path, text)
  }
}

function* valueValidation(
  schema: Schema,
  skipAnyOf: boolean,
  skipFirstAllOf: boolean,
  path: Path,
): FieldErrors {
  if (!skipAnyOf) {
    for (const [i, part] of (schema.anyOf ?? []).entries())
      yield* nested(part, false, path.child('anyOf').index(i))
  }
  for (const [i, part] of (schema.allOf ?? []).entries()) {
    yield* nested(part, skipFirstAllOf && i === 0, path.child('allOf').index(i))
  }
  for (const [i, part] of (schema.oneOf ?? []).entries())
    yield* nested(part, false, path.child('oneOf').index(i))
  if (schema.not) yield* nested(schema.not, false, path.child('not'))
  if (schema.pattern) yield* pattern(schema.pattern, path.child('pattern'))
}

function* pattern(text: string, path: Path): FieldErrors {
  const problem = patternProblem(text)
  if (problem !== undefined)
    yield invalid(path, text, `must be a valid regular expression, but isn't: ${problem}`)
}

/** What may not be said inside of a logical combination: [field, what it must be]. */
const FORBIDDEN_INSIDE = [
  ['default', 'undefined'],
  ['title', 'empty'],
  ['description', 'empty'],
  ['nullable', 'false'],
  ['x-kubernetes-preserve-unknown-fields', 'false'],
  ['x-kubernetes-embedded-resource', 'false'],
  ['x-kubernetes-int-or-string', 'false'],
  ['x-kubernetes-list-map-keys', 'empty'],
  ['x-kubernetes-list-type', 'undefined'],
  ['x-kubernetes-map-type', 'undefined'],
  ['x-kubernetes-validations', 'empty'],
] as const

function* nested(schema: Schema, skipAnyOf: boolean, path: Path): FieldErrors {
  yield* valueValidation(schema, skipAnyOf, false, path)
  const items = itemsOf(schema)
  if (items) yield* nested(items, false, path.child('items'))
  for (const [name, property] of propertiesOf(schema)) {
    yield* nested(property, false, path.child('properties').key(name))
  }
  if (schema.type) yield forbidden(path.child('type'), 'must be empty to be structural')
  if (schema.additionalProperties !== undefined) {
    yield forbidden(path.child('additionalProperties'), 'must be undefined to be structural')
  }
  for (const [name, state] of FORBIDDEN_INSIDE) {
    const value = schema[name]
    const isSet =
      state === 'undefined' ? value !== undefined : Array.isArray(value) ? value.length > 0 : Boolean(value)
    if (isSet) yield forbidden(path.child(name), `must be ${state} to be structural`)
  }
  if (schema.properties && Object.hasOwn(schema.properties, 'metadata')) {
    yield forbidden(path.child('properties').key('metadata'), 'must not be specified in a nested context')
  }
}

/** Whatever a combination speaks of must be described outside of it. */
function* completeness(part: Schema, whole: Schema | undefined, path: Path, partPath: Path): FieldErrors {
  if (!whole) {
    yield required(path, `because it is defined in ${partPath}`)
    return
  }
  if (part.not) yield* nestedCompleteness(part.not, whole, path, partPath.child('not'))
  for (const name of ['allOf', 'anyOf', 'oneOf'] as const) {
    for (const [i, inner] of (part[name] ?? []).entries()) {
      yield* nestedCompleteness(inner, whole, path, partPath.child(name).index(i))
    }
  }
}

function* nestedCompleteness(
  part: Schema,
  whole: Schema | undefined,
  path: Path,
  partPath: Path,
): FieldErrors {
  if (!whole) {
    yield required(path, `because it is defined in ${partPath}`)
    return
  }
  yield* completeness(part, whole, path, partPath)
  const items = itemsOf(part)
  if (items) yield* nestedCompleteness(items, itemsOf(whole), path.child('items'), partPath.child('items'))
  for (const [name, property] of propertiesOf(part)) {
    const field = whole.properties?.[name]
    const at = path.child('properties').key(name)
    yield* nestedCompleteness(property, field, at, partPath.child('properties').key(name))
  }
}
