// Whether the defaults in a schema fit the schema themselves.
//
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/defaulting/validation.go
// Left out: defaults within metadata

import { embeddedErrors } from '#api/custom/embedded-resources.ts'
import { validateRules } from '#api/custom/rules.ts'
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
    const errors = [
      ...embeddedErrors(schema.default, schema, at),
      ...validateValue(schema.default, schema, new Place(at)),
    ]
    yield* errors
    if (errors.length === 0) yield* ruleErrors(schema.default, schema, at)
  }
  const items = itemsOf(schema)
  if (items) yield* validateDefaults(items, path.child('items'))
  for (const [name, property] of propertiesOf(schema)) {
    yield* validateDefaults(property, path.child('properties').key(name))
  }
}

/** As if nothing had changed; and, where that is right, as something new. */
function* ruleErrors(value: unknown, schema: Schema, path: Path): FieldErrors {
  const unchanged = [...validateRules(value, value, schema, path)]
  yield* unchanged
  if (unchanged.length === 0) yield* validateRules(value, undefined, schema, path)
}
