// The defaults of a custom resource: what its schema says stands for an absent field.
//
// Runs on every write and on every read from the store, so that a default that is added later holds for old objects.
// A null where none is allowed counts as absent.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/algorithm.go

import { additionalOf, itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'

/** Fills in `value` (a draft) by `schema`. */
export function applyDefaults(value: unknown, schema: Schema): void {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (items) for (const item of value) applyDefaults(item, items)
    return
  }
  if (typeof value !== 'object' || value === null) return
  const object = value as Record<string, unknown>
  for (const [name, property] of propertiesOf(schema)) {
    if (object[name] === null && !property.nullable) delete object[name]
    if (object[name] === undefined && property.default !== undefined) {
      object[name] = structuredClone(property.default)
    }
    applyDefaults(object[name], property)
  }
  const others = additionalOf(schema)
  if (!others) return
  for (const [name, field] of Object.entries(object)) {
    if (!schema.properties?.[name]) applyDefaults(field, others)
  }
}
