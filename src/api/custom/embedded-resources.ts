// Objects within an object: each has a kind, and metadata as every object has.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/objectmeta/validation.go
// Left out: that metadata within is brought into form before it is judged

import { additionalOf, itemsOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { isDNS1035Label } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { validateObjectMeta } from '#api/meta/object-meta-validation.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

export function* embeddedErrors(value: unknown, schema: Schema, path = new Path()): FieldErrors {
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    for (const [i, item] of items ? value.entries() : []) yield* embeddedErrors(item, items!, path.index(i))
    return
  }
  if (typeof value !== 'object' || value === null) return
  const object = value as Readonly<Record<string, unknown>>
  if (schema['x-kubernetes-embedded-resource']) yield* resourceErrors(object, path)
  const others = additionalOf(schema)
  for (const [name, field] of Object.entries(object)) {
    const property = schema.properties?.[name]
    if (property) yield* embeddedErrors(field, property, path.child(name))
    else if (others) yield* embeddedErrors(field, others, path.key(name))
  }
}

function* resourceErrors(
  { apiVersion, kind, metadata }: Readonly<Record<string, unknown>>,
  path: Path,
): FieldErrors {
  if (apiVersion === undefined) yield required(path.child('apiVersion'))
  if (kind === undefined) yield required(path.child('kind'))
  yield* textErrors(apiVersion, path.child('apiVersion'), (text) =>
    text.split('/').length > 2 ? `unexpected GroupVersion string: ${text}` : undefined,
  )
  yield* textErrors(kind, path.child('kind'), (text) => {
    const reasons = isDNS1035Label(text.toLowerCase())
    return reasons.length === 0
      ? undefined
      : `may have mixed case, but should otherwise match: ${reasons.join(',')}`
  })
  if (typeof metadata !== 'object' || metadata === null) return
  const meta = { ...metadata, name: (metadata as ObjectMeta).name || 'fakename' } as ObjectMeta
  yield* validateObjectMeta(meta, Boolean(meta.namespace), isPathSegment, path.child('metadata'))
}

function* textErrors(
  value: unknown,
  path: Path,
  problemOf: (text: string) => string | undefined,
): FieldErrors {
  if (value === undefined) return
  if (typeof value !== 'string') yield invalid(path, value, 'must be a string')
  else if (value === '') yield invalid(path, value, 'must not be empty')
  else {
    const problem = problemOf(value)
    if (problem !== undefined) yield invalid(path, value, problem)
  }
}

function isPathSegment(name: string, isPrefix: boolean): string[] {
  if (!isPrefix && (name === '.' || name === '..')) return [`may not be '${name}'`]
  return ['/', '%'].filter((char) => name.includes(char)).map((char) => `may not contain '${char}'`)
}
