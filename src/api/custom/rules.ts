// The rules in CEL of a custom resource's schema, asked of an object: `self` is the value where a rule stands, `oldSelf`
// what was there before.
//
// A rule that reads oldSelf is for changes: it is asked only where there is a value from before. Items of lists have one by
// the keys of their list. Programs are compiled once a rule.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go
// Left out: leniency with values that an update has not changed, escaped names of fields, the cost of all rules together

import { type CelCompilation, compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'
import { type CelValue, celValue } from '#api/cel/values.ts'
import {
  additionalOf,
  itemsOf,
  propertiesOf,
  type Schema,
  type ValidationRule,
} from '#api/kinds/apiextensions/schema.ts'
import { duplicate, forbidden, invalid, invalidWithoutValue, Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const compiled = new WeakMap<ValidationRule, CelCompilation>()
const messages = new WeakMap<ValidationRule, CelCompilation>()
let environment: CelEnvironment | undefined

function compile(
  cache: WeakMap<ValidationRule, CelCompilation>,
  rule: ValidationRule,
  source: string,
): CelCompilation {
  environment ??= celEnvironment({ variables: { self: 'dyn', oldSelf: 'dyn' } })
  const known = cache.get(rule) ?? compileCel(source, environment)
  cache.set(rule, known)
  return known
}

/** What the rules find wrong with `value`; `old` is undefined for a new object. */
export function* validateRules(value: unknown, old: unknown, schema: Schema, path = new Path()): FieldErrors {
  if (value === null || value === undefined) return
  for (const rule of schema['x-kubernetes-validations'] ?? [])
    yield* applyRule(value, old, schema, rule, path)
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (!items || !hasRules(items)) return
    for (const [i, item] of value.entries()) {
      yield* validateRules(item, counterpart(item, old, schema), items, path.index(i))
    }
    return
  }
  if (typeof value !== 'object') return
  const object = value as Readonly<Record<string, unknown>>
  const isAtomic = schema['x-kubernetes-map-type'] === 'atomic'
  const before = isAtomic ? undefined : (old as Readonly<Record<string, unknown>> | undefined)
  for (const [name, property] of propertiesOf(schema)) {
    if (hasRules(property)) yield* validateRules(object[name], before?.[name], property, path.child(name))
  }
  const others = additionalOf(schema)
  if (!others || !hasRules(others)) return
  for (const [name, field] of Object.entries(object)) {
    if (!schema.properties?.[name]) yield* validateRules(field, before?.[name], others, path.key(name))
  }
}

const withRules = new WeakMap<Schema, boolean>()

/** Most of a schema has no rules: then nobody walks through its values. */
function hasRules(schema: Schema): boolean {
  const known = withRules.get(schema)
  if (known !== undefined) return known
  const inner = [itemsOf(schema), additionalOf(schema), ...propertiesOf(schema).map(([, part]) => part)]
  const found =
    (schema['x-kubernetes-validations']?.length ?? 0) > 0 ||
    inner.some((part) => part !== undefined && hasRules(part))
  withRules.set(schema, found)
  return found
}

/** The item of the old list that has the same keys. */
function counterpart(item: unknown, old: unknown, schema: Schema): unknown {
  if (schema['x-kubernetes-list-type'] !== 'map' || !Array.isArray(old)) return undefined
  const keys = schema['x-kubernetes-list-map-keys'] ?? []
  const keyOf = (one: unknown): string =>
    JSON.stringify(keys.map((key) => (one as Readonly<Record<string, unknown>> | null)?.[key]))
  return old.find((one) => keyOf(one) === keyOf(item))
}

function* applyRule(
  value: unknown,
  old: unknown,
  schema: Schema,
  rule: ValidationRule,
  path: Path,
): FieldErrors {
  const source = rule.rule ?? ''
  const usesOld = /\boldSelf\b/.test(source)
  if (usesOld && old === undefined && !rule.optionalOldSelf) return
  const at = rule.fieldPath ? new Path(`${path}${rule.fieldPath}`.replace(/^\./, '')) : path
  const { program, problem } = compile(compiled, rule, source)
  if (!program) {
    yield invalid(at, schema.type ?? '', `rule compile error: ${problem}`)
    return
  }
  const values: Record<string, CelValue> = { self: celValue(value), oldSelf: celValue(old) }
  try {
    if (program.evaluate(values) === true) return
  } catch (error) {
    yield invalid(path, schema.type ?? '', `${(error as Error).message} evaluating rule: ${source}`)
    return
  }
  yield failed(rule, value, at, messageOf(rule, values))
}

function messageOf(rule: ValidationRule, values: Readonly<Record<string, CelValue>>): string {
  const fallback = rule.message?.trim() || `failed rule: ${(rule.rule ?? '').trim()}`
  if (!rule.messageExpression) return fallback
  const { program } = compile(messages, rule, rule.messageExpression)
  try {
    const text = program?.evaluate(values)
    return typeof text === 'string' && text.trim() !== '' && !text.includes('\n') ? text.trim() : fallback
  } catch {
    return fallback
  }
}

function failed({ reason }: ValidationRule, value: unknown, path: Path, message: string) {
  switch (reason) {
    case 'FieldValueForbidden':
      return forbidden(path, message)
    case 'FieldValueRequired':
      return required(path, message)
    case 'FieldValueDuplicate':
      return duplicate(path, value)
    default:
      return typeof value === 'object' ? invalidWithoutValue(path, message) : invalid(path, value, message)
  }
}
