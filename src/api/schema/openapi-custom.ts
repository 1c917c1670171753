// Custom types among the definitions of OpenAPI: how they are called, and what stands there.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/openapi/builder/builder.go

import { publishedSchema } from '#api/custom/openapi.ts'
import type { Schema } from '#api/kinds/apiextensions/schema.ts'
import { apiVersionOf, type GroupVersionKind, type JsonObject } from '#api/meta/object.ts'
import { describeType } from '#api/schema/descriptions.ts'
import type { OpenApiVersion } from '#api/schema/openapi-definitions.ts'
import type { ServedGroup } from '#api/schema/resources.ts'

export interface CustomType {
  /** `com.example.stable.v1.CronTab` */
  readonly openApiName: string
  /** `reference` gives the reference to a type by its name. */
  define(version: OpenApiVersion, reference: (name: string) => JsonObject): JsonObject
}

/** The name of a custom type in operations: no built-in type is called so. */
export const customTypeName = ({ group, version, kind }: GroupVersionKind): string =>
  `${apiVersionOf(group, version)}/${kind}`

/** The custom types of `groups`, and their lists, by name. */
export function customTypes(groups: readonly ServedGroup[]): ReadonlyMap<string, CustomType> {
  const types = new Map<string, CustomType>()
  for (const { name: group, versions } of groups) {
    for (const { version, resources } of versions) {
      for (const { kind, customSchema } of resources) {
        if (customSchema === undefined) continue
        const type = { group, version, kind }
        types.set(customTypeName(type), objectType(type, customSchema ?? undefined))
        const list = { ...type, kind: `${kind}List` }
        types.set(customTypeName(list), listType(list, type))
      }
    }
  }
  return types
}

/** The domain in reverse, as Java has it. */
function friendlyName({ group, version, kind }: GroupVersionKind): string {
  return [...group.split('.').reverse(), version, kind].join('.')
}

const marked = (definition: JsonObject, type: GroupVersionKind): JsonObject => ({
  ...definition,
  'x-kubernetes-group-version-kind': [type],
})

function objectType(type: GroupVersionKind, schema: Schema | undefined): CustomType {
  return {
    openApiName: friendlyName(type),
    define: (version, reference) =>
      marked(publishedSchema(schema, version, reference('meta.v1.ObjectMeta')), type),
  }
}

function listType(type: GroupVersionKind, item: GroupVersionKind): CustomType {
  return {
    openApiName: friendlyName(type),
    define(version, reference) {
      const texts = describeType('core.v1.PodList').fields
      const text = (name: string): JsonObject => ({ description: texts[name] ?? '' })
      const metadata = reference('meta.v1.ListMeta')
      const items = reference(customTypeName(item))
      return marked(
        {
          description: `${type.kind} is a list of ${item.kind}`,
          type: 'object',
          required: ['items'],
          properties: {
            apiVersion: { ...text('apiVersion'), type: 'string' },
            items: { description: `List of ${item.kind}.`, type: 'array', items },
            kind: { ...text('kind'), type: 'string' },
            metadata:
              version === 'v3'
                ? { ...text('metadata'), allOf: [metadata] }
                : { ...text('metadata'), ...metadata },
          },
        },
        type,
      )
    },
  }
}
