// Whether the defaults in a schema fit the schema themselves.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go
// Left out: the rules in CEL

import { itemsOf, propertiesOf, type Schema } from '#api/kinds/apiextensions/schema.ts'
import { unknownFields } from '#api/kinds/apiextensions/unknown-fields.ts'
import { Place, validateValue } from '#api/kinds/apiextensions/value-validation.ts'
import { invalid, type Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

export function* validateDefaults(schema: Schema, path: Path): FieldErrors {
  if (schema.default !== undefined) {
    const at = path.child('default')
    if (unknownFields(schema.default, schema).length > 0) {
      yield invalid(at, schema.default, 'must not have unknown fields')
    }
    yield* validateValue(schema.default, schema, new Place(at))
  }
  const items = itemsOf(schema)
  if (items) yield* validateDefaults(items, path.child('items'))
  for (const [name, property] of propertiesOf(schema)) {
    yield* validateDefaults(property, path.child('properties').key(name))
  }
}
