// What an object has and its schema does not: found, and taken out.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/pruning/algorithm.go

import { additionalOf, itemsOf, type Schema } from '#api/kinds/apiextensions/schema.ts'

/** What an embedded object (and every root) has beside its schema. */
const HEAD: ReadonlySet<string> = new Set(['apiVersion', 'kind', 'metadata'])

/** The paths of fields that the schema does not know: `spec.bars[0].color`. */
export function unknownFields(value: unknown, schema: Schema): string[] {
  return [...walk(value, schema, '', false)]
}

/** Takes unknown fields out of a draft of a custom resource; gives their paths. */
export function prune(draft: object, schema: Schema): string[] {
  return [...walk(draft, { ...schema, 'x-kubernetes-embedded-resource': true }, '', true)]
}

function* walk(value: unknown, schema: Schema, path: string, takesOut: boolean): Generator<string> {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (!items) return
    for (const [i, item] of value.entries()) yield* walk(item, items, `${path}[${i}]`, takesOut)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const object = value as Record<string, unknown>
  const others = additionalOf(schema)
  const keepsAll =
    schema['x-kubernetes-preserve-unknown-fields'] === true || schema.additionalProperties === true
  for (const [name, field] of Object.entries(object)) {
    if (schema['x-kubernetes-embedded-resource'] && HEAD.has(name)) continue
    const known = schema.properties?.[name] ?? others
    const at = path === '' ? name : `${path}.${name}`
    if (known) yield* walk(field, known, at, takesOut)
    else if (!keepsAll) {
      yield at
      if (takesOut) delete object[name]
    }
  }
}
