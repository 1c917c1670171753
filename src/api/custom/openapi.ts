// The schema of a custom resource as OpenAPI publishes it: what `kubectl explain` and `kubectl apply` read.
//
// Version 2 knows less than a definition can say; what it cannot express is left out rather than said wrong, since old
// clients refuse what a schema does not name.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/controller/openapi/{builder/builder.go,v2/conversion.go}

import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import type { JsonObject } from '#api/meta/object.ts'
import { describeType } from '#api/schema/descriptions.ts'
import type { OpenApiVersion } from '#api/schema/openapi-definitions.ts'

const METADATA_TEXT =
  "Standard object's metadata: its name, labels, annotations and what the server keeps with them."

/** Words of a schema that are for the API server alone. */
const NOT_PUBLISHED: ReadonlySet<string> = new Set(['id', '$schema', '$ref', 'example', 'externalDocs'])
/** Combinations, which version 2 does not have. */
const NOT_IN_V2: ReadonlySet<string> = new Set(['allOf', 'anyOf', 'oneOf', 'not', 'nullable'])

/** The definition of a kind; `metadata` is the reference to ObjectMeta. */
export function publishedSchema(
  schema: Schema | undefined,
  version: OpenApiVersion,
  metadata: JsonObject,
): JsonObject {
  // with any property clients would take all others for wrong
  const isOpen = !schema || (version === 'v2' && schema['x-kubernetes-preserve-unknown-fields'])
  if (isOpen) return { type: 'object' }
  const published = publish(schema, version, metadata)
  const properties = { ...(published['properties'] as JsonObject | undefined), ...headOf(version, metadata) }
  return { ...published, properties }
}

function headOf(version: OpenApiVersion, metadata: JsonObject): JsonObject {
  const texts = describeType('core.v1.Pod').fields
  const text = (name: string): JsonObject => ({ description: texts[name] ?? '' })
  return {
    apiVersion: { ...text('apiVersion'), type: 'string' },
    kind: { ...text('kind'), type: 'string' },
    metadata: { description: METADATA_TEXT, ...(version === 'v3' ? { allOf: [metadata] } : metadata) },
  }
}

function publish(schema: Schema, version: OpenApiVersion, metadata: JsonObject): JsonObject {
  const isV2 = version === 'v2'
  const keepsAll = schema['x-kubernetes-preserve-unknown-fields'] === true
  // in version 2 a value that may be null, or anything, has no type
  const isUntyped = isV2 && (schema.nullable === true || keepsAll)
  const result: JsonObject = {}
  for (const [name, value] of Object.entries(schema)) {
    if (NOT_PUBLISHED.has(name) || (isV2 && NOT_IN_V2.has(name))) continue
    result[name] = value
  }
  if (schema['x-kubernetes-int-or-string'] && isV2)
    Object.assign(result, { type: 'string', format: 'int-or-string' })
  const inner = (part: Schema): JsonObject => publish(part, version, metadata)
  const properties = propertiesOf(schema)
  if (properties.length > 0) {
    result['properties'] = Object.fromEntries(properties.map(([name, part]) => [name, inner(part)]))
  }
  const [items, others] = [itemsOf(schema), additionalOf(schema)]
  if (items) result['items'] = inner(items)
  if (others) result['additionalProperties'] = inner(others)
  if (isUntyped) for (const name of ['type', 'items', 'properties']) delete result[name]
  if (isV2) withoutNullable(result, schema)
  if (schema['x-kubernetes-embedded-resource'] && !(isV2 && keepsAll)) {
    const named = result['properties'] as JsonObject | undefined
    result['properties'] = { ...named, ...headOf(version, metadata) }
    result['required'] = [...new Set([...(schema.required ?? []), 'kind', 'apiVersion'])]
  }
  return result
}

/** A field that may be null is not required of old clients, who cannot write it. */
function withoutNullable(result: JsonObject, schema: Schema): void {
  const required = schema.required?.filter((name) => !schema.properties?.[name]?.nullable)
  if (required && required.length > 0) result['required'] = required
  else delete result['required']
}
