// Schemas of configuration files, which are no API of the server and so stand in no metadata: written down here in short.
//
// `{ resources: listOf({ name: 'string' }) }` becomes a TypeSchema, and with it the strict decoding and Go's words for
// what does not fit. Every field may be absent; `[]` and `false` are then absent too.

import type { FieldSchema, Scalar, TypeNode, TypeSchema } from '#api/schema/schema.ts'

const SCALARS = ['string', 'int32', 'int64', 'bool'] as const satisfies readonly Scalar[]

/** A scalar (`bool?` where absent and `false` differ), a list, or a struct with its fields. */
export type ConfigShape = ConfigScalar | `${ConfigScalar}?` | { readonly list: ConfigShape } | ConfigFields

type ConfigScalar = (typeof SCALARS)[number]

export interface ConfigFields {
  readonly [field: string]: ConfigShape
}

export const listOf = (item: ConfigShape) => ({ list: item })

/** The schema of a file of `kind`: its fields with apiVersion and kind. */
export function configSchema(kind: string, fields: ConfigFields): TypeSchema {
  return schemaOf(kind, { apiVersion: 'string', kind: 'string', ...fields })
}

function schemaOf(goName: string, shapes: ConfigFields): TypeSchema {
  const fields = Object.entries(shapes).map(([name, shape]) => fieldOf(name, shape))
  return {
    name: goName,
    goName,
    openApiName: goName,
    fields,
    byName: new Map(fields.map((field) => [field.name, field])),
    ownFields: fields,
    embeddedStructs: [],
    isEmbedded: false,
  }
}

function fieldOf(name: string, shape: ConfigShape): FieldSchema {
  return {
    name,
    type: nodeOf(name, shape),
    required: false,
    pointer: typeof shape === 'string' ? shape.endsWith('?') : !isList(shape),
    whenEmpty: 'omitted',
    number: 0,
    embedded: [],
  }
}

function nodeOf(name: string, shape: ConfigShape): TypeNode {
  if (typeof shape === 'string') {
    const scalar = shape.replace('?', '') as ConfigScalar
    return { kind: 'scalar', scalar, goType: scalar }
  }
  if (isList(shape)) {
    const items = nodeOf(name, shape.list)
    return { kind: 'array', items, named: false, goType: `[]${items.goType}` }
  }
  return { kind: 'struct', schema: schemaOf(name, shape), goType: name }
}

const isList = (shape: object): shape is { list: ConfigShape } => 'list' in shape
