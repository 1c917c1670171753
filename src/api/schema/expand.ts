// Makes the schema of a type, and of all that it refers to, from the compact form in generated/schema.json.
//
// A field there is `[name, protobuf number, marks, Go type, facts]`; scripts/schema/tables.mjs explains the
// marks. Types refer to themselves (JSONSchemaProps), so a schema is registered before its fields are filled.

import type {
  ArrayNode,
  EitherNode,
  EmbeddedStruct,
  FieldSchema,
  Scalar,
  TypeNode,
  TypeSchema,
} from '#api/schema/schema.ts'

type FieldFacts = Pick<
  FieldSchema,
  'listType' | 'listMapKeys' | 'mapType' | 'patchStrategy' | 'patchMergeKey' | 'default'
>
type FieldEntry = readonly [name: string, number: number, marks?: string, type?: string, facts?: FieldFacts]

interface TypeEntry {
  readonly mapType?: 'atomic'
  readonly union?: { readonly discriminator?: string; readonly fields: readonly string[] }
  readonly embedded?: true
  readonly fields: readonly FieldEntry[]
}

interface NamedType {
  readonly kind: 'string' | 'list' | 'map'
  readonly element?: string
  readonly values?: readonly string[]
}

/** generated/schema.json. */
export interface SchemaFile {
  readonly names: Readonly<Record<string, NamedType>>
  readonly types: Readonly<Record<string, TypeEntry>>
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] }

/** Types of Go that are written in a way of their own. */
const SCALARS: Readonly<Record<string, Scalar>> = {
  string: 'string',
  bool: 'bool',
  int32: 'int32',
  int64: 'int64',
  float64: 'float',
  '[]uint8': 'bytes',
  'resource.Quantity': 'quantity',
  'intstr.IntOrString': 'intOrString',
  'meta.v1.Time': 'time',
  'meta.v1.MicroTime': 'microTime',
  'meta.v1.FieldsV1': 'fieldsV1',
  'runtime.RawExtension': 'rawExtension',
  'apiextensions.v1.JSON': 'json',
}

const EITHERS: Readonly<Record<string, EitherNode['or']>> = {
  'apiextensions.v1.JSONSchemaPropsOrBool': 'bool',
  'apiextensions.v1.JSONSchemaPropsOrArray': 'schemas',
  'apiextensions.v1.JSONSchemaPropsOrStringArray': 'strings',
}

/** Expands `name` into `known`; undefined when the file has no such type. */
export function expandType(
  name: string,
  file: SchemaFile,
  known: Map<string, TypeSchema>,
): TypeSchema | undefined {
  const entry = file.types[name]
  if (!entry) return undefined
  const byName = new Map<string, FieldSchema>()
  const schema: Mutable<TypeSchema> = {
    name,
    goName: name.slice(name.lastIndexOf('.') + 1),
    openApiName: openApiName(name),
    fields: [],
    byName,
    ownFields: [],
    embeddedStructs: [],
    isEmbedded: entry.embedded === true,
    ...(entry.mapType && { mapType: entry.mapType }),
    ...(entry.union && { union: entry.union }),
  }
  known.set(name, schema)
  fillFields(schema, entry, file, known)
  for (const field of schema.fields) byName.set(field.name, field)
  return schema
}

function fillFields(
  schema: Mutable<TypeSchema>,
  entry: TypeEntry,
  file: SchemaFile,
  known: Map<string, TypeSchema>,
): void {
  const fields: FieldSchema[] = []
  const own: FieldSchema[] = []
  const embedded: EmbeddedStruct[] = []
  for (const fieldEntry of entry.fields) {
    if (!fieldEntry[0].startsWith('+')) {
      const field = expandField(fieldEntry, file, known)
      own.push(field)
      fields.push(field)
      continue
    }
    const inner = structOf(fieldEntry[0].slice(1), file, known)
    embedded.push({ schema: inner, number: fieldEntry[1] })
    for (const field of inner.fields) fields.push({ ...field, embedded: [inner.goName, ...field.embedded] })
  }
  schema.fields = fields
  schema.ownFields = own
  schema.embeddedStructs = embedded
}

function expandField(entry: FieldEntry, file: SchemaFile, known: Map<string, TypeSchema>): FieldSchema {
  const [name, number, marks = '', type = 'string', facts] = entry
  return {
    name,
    type: expandNode(type, file, known),
    required: marks.includes('r'),
    pointer: marks.includes('*'),
    whenEmpty: marks.includes('!') ? 'written' : marks.includes('~') ? 'omittedWhenZero' : 'omitted',
    number,
    embedded: [],
    ...facts,
  }
}

function expandNode(type: string, file: SchemaFile, known: Map<string, TypeSchema>): TypeNode {
  const goType = shown(type)
  const scalar = SCALARS[type]
  if (scalar) return { kind: 'scalar', scalar, goType }
  if (type.startsWith('[]')) return listNode(type.slice(2), goType, false, file, known)
  if (type.startsWith('map[')) {
    return { kind: 'map', values: expandNode(type.slice(type.indexOf(']') + 1), file, known), goType }
  }
  const or = EITHERS[type]
  if (or)
    return { kind: 'either', schema: structOf('apiextensions.v1.JSONSchemaProps', file, known), or, goType }
  if (file.types[type]) return { kind: 'struct', schema: structOf(type, file, known), goType }
  const named = file.names[type]
  if (named?.element !== undefined) {
    if (named.kind === 'list') return listNode(named.element, goType, true, file, known)
    return { kind: 'map', values: expandNode(named.element, file, known), goType }
  }
  return { kind: 'scalar', scalar: 'string', goType, ...(named?.values && { values: named.values }) }
}

function listNode(
  element: string,
  goType: string,
  named: boolean,
  file: SchemaFile,
  known: Map<string, TypeSchema>,
): ArrayNode {
  return { kind: 'array', items: expandNode(element, file, known), named, goType }
}

function structOf(name: string, file: SchemaFile, known: Map<string, TypeSchema>): TypeSchema {
  const schema = known.get(name) ?? expandType(name, file, known)
  if (!schema) throw new Error(`a schema refers to ${name}, which does not exist`)
  return schema
}

/** `[]core.v1.Container` → `[]v1.Container`: Go shows the package's last word only. */
function shown(type: string): string {
  return type.replace(/\b\w+\.(v\d\w*\.)/g, '$1')
}

const PACKAGES: Readonly<Record<string, string>> = {
  meta: 'io.k8s.apimachinery.pkg.apis.meta',
  apiextensions: 'io.k8s.apiextensions-apiserver.pkg.apis.apiextensions',
  apiregistration: 'io.k8s.kube-aggregator.pkg.apis.apiregistration',
}

/** `core.v1.Pod` → `io.k8s.api.core.v1.Pod`. */
function openApiName(name: string): string {
  const dot = name.indexOf('.')
  const group = name.slice(0, dot)
  return `${PACKAGES[group] ?? `io.k8s.api.${group}`}${name.slice(dot)}`
}
