// What becomes of empty lists and maps when an object leaves Go's memory: as JSON, and as protobuf in the store.
//
// Within a request an empty list is not none: validation names it (`Invalid value: []`), defaults leave it alone, and
// who sends one owns the field. As JSON, fields with `omitempty` lose it; the others keep it. Protobuf knows no
// difference, so what is read from the store has none. Invariant: objects are not changed, and are the answer
// themselves where nothing is to drop. Upstream: encoding/json, staging/src/k8s.io/api/*/*/generated.pb.go

import type { JsonObject } from '#api/meta/object.ts'
import type { FieldSchema, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** What is written of required lists and maps that are empty. */
type Required = 'as they are' | 'as null'

/** The value as it is written; undefined where it is left out. */
type Write = (value: unknown) => unknown

interface FieldPlan {
  readonly name: string
  readonly write: Write
}

const plans = new WeakMap<TypeSchema, Map<Required, readonly FieldPlan[]>>()

/** The object as JSON shows it: without the empty lists and maps that `omitempty` leaves out. */
export function writtenForm(object: JsonObject, schema: TypeSchema): JsonObject {
  return writeStruct(object, schema, 'as they are')
}

/** Makes `object` what the store gives back of it: required lists and maps are null when they are empty. */
export function dropEmpty(object: JsonObject, schema: TypeSchema): void {
  const written = writeStruct(object, schema, 'as null')
  if (written === object) return
  for (const key in object) if (!(key in written)) delete object[key]
  Object.assign(object, written)
}

function writeStruct(object: JsonObject, schema: TypeSchema, required: Required): JsonObject {
  let out: JsonObject | undefined
  for (const { name, write } of planOf(schema, required)) {
    const value = object[name]
    if (typeof value !== 'object' || value === null) continue
    const written = write(value)
    if (written === value) continue
    out ??= { ...object }
    if (written === undefined) delete out[name]
    else out[name] = written
  }
  return out ?? object
}

function planOf(schema: TypeSchema, required: Required): readonly FieldPlan[] {
  let byForm = plans.get(schema)
  if (!byForm) {
    byForm = new Map()
    plans.set(schema, byForm)
  }
  let plan = byForm.get(required)
  if (!plan) {
    plan = schema.fields.flatMap((field) => {
      const write = fieldWriter(field, required)
      return write ? [{ name: field.name, write }] : []
    })
    byForm.set(required, plan)
  }
  return plan
}

function fieldWriter(field: FieldSchema, required: Required): Write | undefined {
  const { type, whenEmpty, pointer } = field
  const inner = writerOf(type, required)
  if (type.kind !== 'array' && type.kind !== 'map') return inner
  const empty = whenEmpty === 'omitted' && !pointer ? undefined : required === 'as null' ? null : KEPT
  if (empty === KEPT) return inner
  return (value) => (isEmpty(value as object) ? empty : inner ? inner(value) : value)
}

const KEPT = Symbol('kept')

function isEmpty(value: object): boolean {
  for (const _ in value) return false
  return true
}

/** Undefined for values in which nothing can be left out. */
function writerOf(type: TypeNode, required: Required): Write | undefined {
  switch (type.kind) {
    case 'scalar':
      return undefined
    case 'struct':
      return (value) => writeStruct(value as JsonObject, type.schema, required)
    case 'array': {
      const write = writerOf(type.items, required)
      return write && ((value) => writeItems(value as readonly unknown[], write))
    }
    case 'map': {
      const write = writerOf(type.values, required)
      return write && ((value) => writeValues(value as JsonObject, write))
    }
    case 'either':
      return (value) =>
        Array.isArray(value) ? value : writeStruct(value as JsonObject, type.schema, required)
  }
}

function writeItems(items: readonly unknown[], write: Write): readonly unknown[] {
  let out: unknown[] | undefined
  items.forEach((item, i) => {
    const written = typeof item === 'object' && item !== null ? write(item) : item
    if (written === item) return
    out ??= [...items]
    out[i] = written
  })
  return out ?? items
}

function writeValues(values: JsonObject, write: Write): JsonObject {
  let out: JsonObject | undefined
  for (const key in values) {
    const value = values[key]
    const written = typeof value === 'object' && value !== null ? write(value) : value
    if (written === value) continue
    out ??= { ...values }
    out[key] = written
  }
  return out ?? values
}
