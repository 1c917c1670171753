// How custom resources merge: which of their lists and maps are one piece, read from their schema.
//
// Upstream: SchemaFromOpenAPI in vendor/k8s.io/kube-openapi/pkg/schemaconv/openapi.go, and
// staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go (scopes for apply)

import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import {
  DEDUCED,
  type ListType,
  type MergeField,
  type MergeType,
  mergeTypeOf,
} from '#api/patch/apply/merge-type.ts'
import { typeSchema } from '#api/schema/schema.ts'

const SCALARS: Readonly<Record<string, MergeType>> = {
  string: { scalar: 'string' },
  integer: { scalar: 'numeric' },
  number: { scalar: 'numeric' },
  boolean: { scalar: 'boolean' },
}

/** The type of the whole object: what its schema says, and the fields that every object has. */
export function mergeTypeOfRoot(schema: Schema | undefined): MergeType {
  if (!schema) return withHead(DEDUCED)
  return withHead(mergeTypeOfSchema(schema))
}

function withHead(type: MergeType): MergeType {
  const fields = new Map(type.map?.fields)
  fields.set('apiVersion', fieldOf('apiVersion', SCALARS['string']!))
  fields.set('kind', fieldOf('kind', SCALARS['string']!))
  fields.set('metadata', fieldOf('metadata', mergeTypeOf(typeSchema('meta.v1.ObjectMeta')!)))
  return { map: { atomic: false, ...type.map, fields } }
}

const fieldOf = (name: string, type: MergeType): MergeField => ({ type, element: `f:${name}` })

function mergeTypeOfSchema(schema: Schema): MergeType {
  if (schema['x-kubernetes-int-or-string']) return DEDUCED
  if (schema['x-kubernetes-embedded-resource']) return withHead(plainType(schema))
  return plainType(schema)
}

function plainType(schema: Schema): MergeType {
  const { type } = schema
  if (type === 'array') return { list: listType(schema) }
  if (type !== 'object') return SCALARS[type ?? ''] ?? DEDUCED
  const others = additionalOf(schema)
  const isOpen =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
  const fields = new Map<string, MergeField>()
  for (const [name, property] of propertiesOf(schema)) {
    fields.set(name, fieldOf(name, mergeTypeOfSchema(property)))
  }
  const values = others ? mergeTypeOfSchema(others) : isOpen ? DEDUCED : undefined
  return { map: { atomic: schema['x-kubernetes-map-type'] === 'atomic', fields, ...(values && { values }) } }
}

function listType(schema: Schema): ListType {
  const itemSchema = itemsOf(schema)
  const items = itemSchema ? mergeTypeOfSchema(itemSchema) : DEDUCED
  const kind = schema['x-kubernetes-list-type']
  if (kind !== 'map') return { atomic: kind !== 'set', keys: [], items }
  const keys = [...(schema['x-kubernetes-list-map-keys'] ?? [])].sort().map((name) => {
    const value = itemSchema?.properties?.[name]?.default
    return value === undefined ? { name } : { name, default: value }
  })
  return { atomic: false, keys, items }
}
