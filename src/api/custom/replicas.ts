// The numbers of replicas of an object with a scale: that they are numbers, and none is negative.
//
// Upstream: ValidateScaleSpec in staging/src/k8s.io/apiextensions-apiserver/pkg/registry/customresource/validator.go

import { formatValue, invalid, Path } from '#api/meta/field-error.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const MAX_REPLICAS = 2 ** 31 - 1

/** `path`: as the definition names it, `.spec.replicas`. */
export function* replicasErrors(object: JsonObject, path: string): FieldErrors {
  const at = new Path(path)
  let value: unknown = object
  for (const name of path.replace(/^\./, '').split('.')) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      yield invalid(at, 0, accessorError(path, value, 'map[string]interface{}'))
      return
    }
    value = (value as Readonly<Record<string, unknown>>)[name]
    if (value === undefined) return
  }
  if (typeof value !== 'number' || !Number.isInteger(value)) {
    yield invalid(at, 0, accessorError(path, value, 'int64'))
  } else if (value < 0) yield invalid(at, value, 'should be a non-negative integer')
  else if (value > MAX_REPLICAS) yield invalid(at, value, `should be less than or equal to ${MAX_REPLICAS}`)
}

function accessorError(path: string, value: unknown, wanted: string): string {
  return `${path} accessor error: ${shown(value)} is of the type ${goType(value)}, expected ${wanted}`
}

const shown = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : value === null
      ? '<nil>'
      : Array.isArray(value)
        ? `[${value.map(shown).join(' ')}]`
        : formatValue(value)

function goType(value: unknown): string {
  if (value === null) return '<nil>'
  if (Array.isArray(value)) return '[]interface {}'
  if (typeof value === 'object') return 'map[string]interface {}'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return typeof value === 'boolean' ? 'bool' : 'string'
}
