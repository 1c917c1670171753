// Whether a patched document can become the Go struct of its type, in the words of the converter that tries it.
//
// Strategic merge goes from the merged map straight to the struct, past the JSON decoder with its own texts.
// Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/converter.go (FromUnstructured)

import type { JsonObject } from '#api/meta/object.ts'
import type { Scalar, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** What is wrong first, in the order of the type's fields; undefined when the document fits. */
export function restoreProblem(document: JsonObject, schema: TypeSchema): string | undefined {
  for (const field of schema.fields) {
    const value = document[field.name]
    if (value === undefined || value === null) continue
    const problem = problemOf(value, field.type)
    if (problem !== undefined) return problem
  }
  return undefined
}

function problemOf(value: unknown, type: TypeNode): string | undefined {
  if (value === null) return undefined
  switch (type.kind) {
    case 'struct':
      if (!isMap(value)) return `cannot restore struct from: ${goKind(value)}`
      return restoreProblem(value, type.schema)
    case 'array':
      if (!Array.isArray(value)) return `cannot restore slice from ${goKind(value)}`
      return firstProblem(value, type.items)
    case 'map':
      if (!isMap(value)) return `cannot restore map from ${goKind(value)}`
      return firstProblem(Object.values(value), type.values)
    case 'scalar':
      return scalarProblem(value, type.scalar)
    case 'either':
      return undefined
  }
}

function firstProblem(values: readonly unknown[], type: TypeNode): string | undefined {
  for (const value of values) {
    const problem = problemOf(value, type)
    if (problem !== undefined) return problem
  }
  return undefined
}

const GO_NAMES: Partial<Readonly<Record<Scalar, string>>> = {
  string: 'string',
  int32: 'int32',
  int64: 'int64',
  float: 'float64',
  bool: 'bool',
}

/** Types with a decoder of their own (quantities, times) are left to it. */
function scalarProblem(value: unknown, scalar: Scalar): string | undefined {
  const name = GO_NAMES[scalar]
  if (name === undefined) return undefined
  const fits =
    scalar === 'string'
      ? typeof value === 'string'
      : scalar === 'bool'
        ? typeof value === 'boolean'
        : typeof value === 'number' && (scalar === 'float' || Number.isInteger(value))
  if (fits) return undefined
  return isConvertible(value, scalar)
    ? `cannot convert ${goKind(value)} to ${name}`
    : `unrecognized type: ${name}`
}

const isMap = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** reflect.Kind of a decoded JSON value. */
function goKind(value: unknown): string {
  if (Array.isArray(value)) return 'slice'
  if (typeof value === 'object') return 'map'
  if (typeof value === 'boolean') return 'bool'
  if (typeof value === 'number') return Number.isInteger(value) ? 'int64' : 'float64'
  return 'string'
}

/** Go has a conversion between numbers, and from integers to text (as a character), but it is not taken. */
function isConvertible(value: unknown, scalar: Scalar): boolean {
  if (typeof value !== 'number') return false
  return scalar === 'string' ? Number.isInteger(value) : scalar !== 'bool'
}
