// A value as Go's internal type shows it in a message: Go's field names and order, zero values included.
//
// Upstream prints structured bad values as JSON of types that have no JSON names. Nothing else uses this form.
// Upstream: ErrorBody in staging/src/k8s.io/apimachinery/pkg/util/validation/field/errors.go

import { INTERNAL_TYPES } from '#api/kinds/internal-types.ts'
import type { JsonObject } from '#api/meta/object.ts'

interface InternalField {
  readonly goName: string
  readonly jsonName: string
  readonly shape: 'list' | 'map' | 'pointer' | 'value' | 'embedded' | 'metadata'
  /** `#`, `?`, `%`, `!`, `!0`, a type's name, or '' for text. */
  readonly holds: string
}

const ZEROS: Readonly<Record<string, unknown>> = { '': '', '#': 0, '?': false, '%': '0', '!': null, '!0': 0 }

let types: Map<string, readonly InternalField[]> | undefined

/** Gives `value`, on the wire of the type `typeName`, in its internal form; null for nothing. */
export function internalForm(typeName: string, value: unknown): unknown {
  if (value === undefined || value === null) return null
  types ??= parseTypes(INTERNAL_TYPES)
  const out: JsonObject = {}
  fill(out, typeName, value as JsonObject)
  return out
}

/** A list of values; null for none, as Go has it. */
export function internalList(typeName: string, values: readonly unknown[] | undefined): unknown {
  return values?.map((value) => internalForm(typeName, value)) ?? null
}

function fill(out: JsonObject, typeName: string, value: JsonObject): void {
  for (const field of types!.get(typeName)!) {
    if (field.shape === 'metadata') Object.assign(out, value['metadata'])
    else if (field.shape === 'embedded') fill(out, field.holds, value)
    else out[field.goName] = fieldForm(field, value[field.jsonName])
  }
  if (typeName === 'PodSpec') moveHostFields(out, value)
}

/** On the wire these are fields of the spec, internally of the security context. */
const HOST_FIELDS = ['hostNetwork', 'hostPID', 'hostIPC', 'shareProcessNamespace', 'hostUsers'] as const

function moveHostFields(out: JsonObject, spec: JsonObject): void {
  const context = out['SecurityContext'] as JsonObject | null
  if (!context) return
  for (const name of HOST_FIELDS) {
    if (spec[name] !== undefined) context[`${name[0]!.toUpperCase()}${name.slice(1)}`] = spec[name]
  }
}

function fieldForm({ shape, holds }: InternalField, value: unknown): unknown {
  if (shape === 'list') {
    return (value as readonly unknown[] | null | undefined)?.map((item) => single(holds, item)) ?? null
  }
  if (shape === 'map') return value ? mapForm(holds, value as JsonObject) : null
  if (shape === 'pointer') return value === undefined || value === null ? null : single(holds, value)
  return value === undefined || value === null ? zero(holds) : single(holds, value)
}

const mapForm = (holds: string, value: JsonObject): unknown =>
  Object.fromEntries(Object.entries(value).map(([key, one]) => [key, single(holds, one)]))

const single = (holds: string, value: unknown): unknown =>
  holds in ZEROS ? value : internalForm(holds, UNIONS[holds]?.(value) ?? value)

/** Types that on the wire are one thing or another, and in Go have a field for each. */
const UNIONS: Readonly<Record<string, (value: unknown) => JsonObject>> = {
  JSONSchemaPropsOrArray: (value) => (Array.isArray(value) ? { schemas: value } : { schema: value }),
  JSONSchemaPropsOrBool: (value) =>
    typeof value === 'boolean' ? { allows: value } : { allows: true, schema: value },
}

const zero = (holds: string): unknown => (holds in ZEROS ? ZEROS[holds] : internalForm(holds, {}))

function parseTypes(text: string): Map<string, readonly InternalField[]> {
  const lines = text
    .trim()
    .replace(/\n {2}/g, ' ')
    .split('\n')
  return new Map(
    lines.map((line) => {
      const [name, ...fields] = line.split(' ')
      return [name!, fields.map(parseField)]
    }),
  )
}

function parseField(text: string): InternalField {
  if (text === '@') return { goName: '', jsonName: '', shape: 'metadata', holds: '' }
  if (text.startsWith('^')) return { goName: '', jsonName: '', shape: 'embedded', holds: text.slice(1) }
  const [, goName = '', jsonName, marks = '', holds = ''] =
    /^(\w+)(?:=([\w$-]+))?((?:\[\]|\{\}|\*)*)(.*)$/.exec(text) ?? []
  return {
    goName,
    jsonName: jsonName ?? `${goName[0]!.toLowerCase()}${goName.slice(1)}`,
    shape: marks.startsWith('[]')
      ? 'list'
      : marks.startsWith('{}')
        ? 'map'
        : marks.startsWith('*')
          ? 'pointer'
          : 'value',
    holds: holds.startsWith(':') ? holds.slice(1) : holds,
  }
}
