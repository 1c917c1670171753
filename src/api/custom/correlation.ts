// Which item of an old list an item of the new one was: by its keys, where the list is a map.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/common/{typeadapter,equality}.go

import type { Schema } from '#api/kinds/apiextensions/schema.ts'

/** Undefined where there was none, and where items cannot be told apart. */
export function counterpart(item: unknown, old: unknown, schema: Schema): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keyOf = (one: unknown): string =>
    JSON.stringify(keys.map((key) => (one as Readonly<Record<string, unknown>> | null)?.[key]))
  return old.find((one) => keyOf(one) === keyOf(item))
}
