// Whether a configuration fits its type, before anything is made of it.
//
// Upstream: vendor/sigs.k8s.io/structured-merge-diff/v6/typed/validate.go

import type { JsonObject } from '#api/meta/object.ts'
import { itemElement } from '#api/patch/apply/list-items.ts'
import type { ListType, MapType, MergeType } from '#api/patch/apply/merge-type.ts'
import { fieldElement, showElement } from '#api/patch/apply/path-element.ts'
import { shapeOf } from '#api/patch/apply/shape.ts'
import { TypedError, type TypedProblem } from '#api/patch/apply/typed-error.ts'
import { goTypeOf, isMap, printValue, printValueInGo } from '#api/patch/apply/values.ts'

/** Throws TypedError with all that is wrong. */
export function validateObject(type: MergeType, object: JsonObject): void {
  const problems = [...problemsOf(type, object, '')]
  if (problems.length > 0) throw new TypedError(problems)
}

function* problemsOf(type: MergeType, value: unknown, path: string): Generator<TypedProblem> {
  if (value === null) return
  switch (shapeOf(type, value)) {
    case 'map':
      if (isMap(value)) yield* mapProblems(type.map!, value, path)
      else yield { path, message: `expected map, got &{${printValue(value)}}` }
      return
    case 'list':
      if (Array.isArray(value)) yield* listProblems(type.list!, value, path)
      else yield { path, message: `expected list, got &{${printValue(value)}}` }
      return
    case 'scalar': {
      const message = scalarProblem(type.scalar!, value)
      if (message !== undefined) yield { path, message }
    }
  }
}

function scalarProblem(scalar: NonNullable<MergeType['scalar']>, value: unknown): string | undefined {
  switch (scalar) {
    case 'numeric':
      return typeof value === 'number' ? undefined : `expected numeric (int or float), got ${goTypeOf(value)}`
    case 'string':
      return typeof value === 'string'
        ? undefined
        : `expected string, got &value.valueUnstructured{Value:${printValueInGo(value)}}`
    case 'boolean':
      return typeof value === 'boolean' ? undefined : `expected boolean, got &{${printValue(value)}}`
    case 'untyped':
      return typeof value === 'object' ? `expected any scalar, got &{${printValue(value)}}` : undefined
  }
}

/** The first key that the type does not have ends the search in its map. */
function* mapProblems({ fields, values }: MapType, map: JsonObject, path: string): Generator<TypedProblem> {
  for (const key in map) {
    const inner = `${path}${showElement(fieldElement(key))}`
    const type = fields.get(key)?.type ?? values
    if (!type) {
      yield { path: inner, message: 'field not declared in schema' }
      return
    }
    if (map[key] !== undefined) yield* problemsOf(type, map[key], inner)
  }
}

/** The first item that cannot be told from others ends the search in its list. */
function* listProblems(type: ListType, list: readonly unknown[], path: string): Generator<TypedProblem> {
  const seen = new Set<string>()
  for (const [position, item] of list.entries()) {
    let element = `i:${position}`
    if (!type.atomic) {
      try {
        element = itemElement(type, item)
      } catch (error) {
        if (!(error instanceof TypedError)) throw error
        yield { path, message: `element ${position}: ${error.message}` }
        return
      }
      if (seen.has(element)) {
        yield { path, message: `duplicate entries for key ${showElement(element)}` }
      }
      seen.add(element)
    }
    yield* problemsOf(type.items, item, `${path}${showElement(element)}`)
  }
}
