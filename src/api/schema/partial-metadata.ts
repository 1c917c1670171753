// PartialObjectMetadata and its list: metadata alone, which no table lists since no resource is stored or sent as it.
//
// Only answers take this form (`Accept: …;as=PartialObjectMetadata`), so nothing but protobuf needs a schema of it.
// Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/types.go

import { type FieldSchema, type TypeNode, type TypeSchema, typeSchema } from '#api/schema/schema.ts'

const schemas = new Map<string, TypeSchema>()

/** The schema of `PartialObjectMetadata` or `PartialObjectMetadataList` in meta.k8s.io; undefined for others. */
export function partialMetadataSchema(group: string, kind: string): TypeSchema | undefined {
  if (group !== 'meta.k8s.io') return undefined
  if (schemas.size === 0) {
    const item = metadataOnly('PartialObjectMetadata', 'ObjectMeta', [])
    const items: TypeNode = {
      kind: 'array',
      goType: '[]v1.PartialObjectMetadata',
      items: struct(item),
      named: false,
    }
    const list = metadataOnly('PartialObjectMetadataList', 'ListMeta', [field('items', 2, items)])
    for (const schema of [item, list]) schemas.set(schema.goName, schema)
  }
  return schemas.get(kind)
}

function metadataOnly(goName: string, metadata: string, more: readonly FieldSchema[]): TypeSchema {
  const schema = typeSchema(`meta.v1.${metadata}`)
  if (!schema) throw new Error(`there is no type meta.v1.${metadata}`)
  const fields = [field('metadata', 1, struct(schema)), ...more]
  return {
    name: `meta.v1.${goName}`,
    goName,
    openApiName: `io.k8s.apimachinery.pkg.apis.meta.v1.${goName}`,
    fields,
    byName: new Map(fields.map((each) => [each.name, each])),
    ownFields: fields,
    embeddedStructs: [],
    isEmbedded: false,
  }
}

const struct = (schema: TypeSchema): TypeNode => ({ kind: 'struct', goType: `v1.${schema.goName}`, schema })

const field = (name: string, number: number, type: TypeNode): FieldSchema => ({
  name,
  number,
  type,
  required: false,
  pointer: false,
  whenEmpty: 'written',
  embedded: [],
})
