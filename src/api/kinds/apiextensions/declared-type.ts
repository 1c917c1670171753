// A schema as the type that rules in CEL see, with how much of it there can be.
//
// What a schema leaves open is no part of the type: rules cannot name fields that are only preserved. The sizes are those
// that fit into the largest request, and say what a rule may cost at most.
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/{common/schemas.go,types.go,limits.go,escaping.go}

import {
  BOOL,
  BYTES,
  type CelFieldTypes,
  type CelType,
  DOUBLE,
  DURATION,
  DYN,
  INT,
  listOf,
  mapOf,
  objectOf,
  STRING,
  TIMESTAMP,
} from '#api/cel/checker/types.ts'
import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'

export interface DeclaredType {
  readonly type: CelType
  /** At most so many items, entries, or bytes; 0 for what has none. */
  readonly maxElements: number
  /** As JSON it has at least so many bytes. */
  readonly minSize: number
  readonly item?: DeclaredType
  readonly key?: DeclaredType
  /** By escaped name. */
  readonly fields?: ReadonlyMap<string, DeclaredType>
}

/** The largest request that is taken, as rules count it. */
export const MAX_REQUEST_BYTES = 3 * 1024 * 1024
const STRING_SIZE = 2
const DURATION_SIZE = { min: 3, max: 32 }
const DATE_SIZE = 12
const TIME_SIZE = { min: 21, max: 32 }

const simple = (type: CelType, minSize: number, maxElements = 0): DeclaredType => ({
  type,
  minSize,
  maxElements,
})
/** Upstream does not count keys. */
const KEY = simple(STRING, STRING_SIZE)
const NAME = simple(STRING, STRING_SIZE, MAX_REQUEST_BYTES - 2)

/** `name`: what the types of objects are called, each by the way to it. Undefined for what rules cannot see. */
export function declaredType(schema: Schema, name: string, isResource: boolean): DeclaredType | undefined {
  if (schema['x-kubernetes-int-or-string']) {
    const max = schema.maxLength === undefined ? MAX_REQUEST_BYTES - 2 : schema.maxLength * 4
    return simple(DYN, 1, max)
  }
  switch (schema.type) {
    case 'array':
      return listType(schema, name)
    case 'object':
      return additionalOf(schema) ? mapType(schema, name) : objectType(schema, name, isResource)
    case 'string':
      return textType(schema)
    case 'boolean':
      return simple(BOOL, 4)
    case 'number':
      return simple(DOUBLE, 1)
    case 'integer':
      return simple(INT, 1)
    default:
      return undefined
  }
}

const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true

function listType(schema: Schema, name: string): DeclaredType | undefined {
  const items = itemsOf(schema)
  const item = items && declaredType(items, `${name}.@idx`, isEmbedded(items))
  if (!item) return undefined
  const fitting = Math.floor((MAX_REQUEST_BYTES - 2) / (item.minSize + 1))
  const maxElements = schema.maxItems === undefined ? fitting : Math.max(0, schema.maxItems)
  return { type: listOf(item.type), maxElements, minSize: 2, item }
}

function mapType(schema: Schema, name: string): DeclaredType | undefined {
  const values = additionalOf(schema)!
  const item = declaredType(values, `${name}.@elem`, isEmbedded(values))
  if (!item) return undefined
  const fitting = Math.floor((MAX_REQUEST_BYTES - 2) / (item.minSize + 6))
  const maxElements = schema.maxProperties === undefined ? fitting : Math.max(0, schema.maxProperties)
  return { type: mapOf(STRING, item.type), maxElements, minSize: 2, item, key: KEY }
}

function objectType(schema: Schema, name: string, isResource: boolean): DeclaredType {
  const fields = new Map<string, DeclaredType>()
  let minSize = 2
  for (const [key, property] of propertiesOf(schema)) {
    const escaped = escapeField(key)
    const field = declaredType(property, `${name}.${escaped ?? key}`, isEmbedded(property))
    if (!field) continue
    if (escaped !== undefined) fields.set(escaped, field)
    const isAlwaysSent = schema.required?.includes(key) && property.default === undefined
    if (isAlwaysSent) minSize += key.length + field.minSize + 4
  }
  if (isResource) addMetadata(fields, name)
  return { type: objectOf(name, typesOf(fields)), maxElements: 0, minSize, fields }
}

/** A field whose name is a word of the language can be written as it is, after a dot. */
const typesOf = (fields: ReadonlyMap<string, DeclaredType>): CelFieldTypes => ({
  get: (name) => (fields.get(name) ?? (KEYWORDS.has(name) ? fields.get(`__${name}__`) : undefined))?.type,
})

/** Of a resource, rules always see these, whatever its schema says. */
function addMetadata(fields: Map<string, DeclaredType>, name: string): void {
  const metadata = new Map([
    ['name', NAME],
    ['generateName', NAME],
  ])
  const type = objectOf(`${name}.metadata`, typesOf(metadata))
  fields.set('kind', NAME).set('apiVersion', NAME)
  fields.set('metadata', { type, maxElements: 0, minSize: 2, fields: metadata })
}

function textType({ format, maxLength, enum: values }: Schema): DeclaredType {
  const unbounded = MAX_REQUEST_BYTES - 2
  if (format === 'byte') return simple(BYTES, STRING_SIZE, maxLength ?? unbounded)
  if (format === 'duration') return simple(DURATION, DURATION_SIZE.min, DURATION_SIZE.max)
  if (format === 'date') return simple(TIMESTAMP, DATE_SIZE, DATE_SIZE)
  if (format === 'date-time') return simple(TIMESTAMP, TIME_SIZE.min, TIME_SIZE.max)
  // a character has up to four bytes
  if (maxLength !== undefined) return simple(STRING, STRING_SIZE, Math.max(0, maxLength) * 4)
  const lengths = (values ?? []).map((value) => (typeof value === 'string' ? Buffer.byteLength(value) : 0))
  return simple(STRING, STRING_SIZE, lengths.length > 0 ? Math.max(...lengths) : unbounded)
}

const KEYWORDS: ReadonlySet<string> = new Set(
  'true false null in as break const continue else for function if import let loop package namespace return var void while'.split(
    ' ',
  ),
)
const ESCAPES: Readonly<Record<string, string>> = {
  __: '__underscores__',
  '.': '__dot__',
  '-': '__dash__',
  '/': '__slash__',
}

/** A field's name as rules write it; undefined where none can. */
export function escapeField(name: string): string | undefined {
  if (KEYWORDS.has(name)) return `__${name}__`
  if (!/^[A-Za-z_./-][\w./-]*$/.test(name)) return undefined
  return name.replace(/__|[./-]/g, (part) => ESCAPES[part]!)
}
