// The rules in CEL of a custom resource's schema, asked of an object: `self` is the value where a rule stands, `oldSelf`
// what was there before.
//
// A rule that reads oldSelf is for changes: it is asked only where there is a value from before. Items of lists have one by
// the keys of their list. Programs are compiled once a rule.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/validation.go
// Left out: the cost of all rules together; that lists which are sets or maps are equal in any order

import { Optional } from '@marcbachmann/cel-js'
import { type CelCompilation, compileCel } from '#api/cel/compile.ts'
import { type CelEnvironment, celEnvironment } from '#api/cel/environment.ts'
import type { CelValue } from '#api/cel/values.ts'
import { counterpart } from '#api/custom/correlation.ts'
import { ruleValue } from '#api/custom/rule-values.ts'
import {
  additionalOf,
  itemsOf,
  propertiesOf,
  type Schema,
  type ValidationRule,
} from '#api/kinds/apiextensions/schema.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import {
  duplicate,
  duplicateWithoutValue,
  type FieldError,
  forbidden,
  invalid,
  invalidWithoutValue,
  Path,
  required,
} from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

const compiled = new WeakMap<ValidationRule, CelCompilation>()
const messages = new WeakMap<ValidationRule, CelCompilation>()
let environment: CelEnvironment | undefined
let optionalEnvironment: CelEnvironment | undefined

/** `oldSelf` may be asked whether it is there, where a rule says so. */
function environmentOf({ optionalOldSelf }: ValidationRule): CelEnvironment {
  environment ??= celEnvironment({ variables: { self: 'dyn', oldSelf: 'dyn' } })
  optionalEnvironment ??= celEnvironment({ variables: { self: 'dyn', oldSelf: 'optional<dyn>' } })
  return optionalOldSelf ? optionalEnvironment : environment
}

function compile(
  cache: WeakMap<ValidationRule, CelCompilation>,
  rule: ValidationRule,
  source: string,
): CelCompilation {
  const known = cache.get(rule) ?? compileCel(source, environmentOf(rule))
  cache.set(rule, known)
  return known
}

/** A rule that is not met; `isOld` where an update has not made it so, which is worth a warning only. */
export interface RuleError {
  readonly error: FieldError
  readonly isOld: boolean
}

/** What the rules find wrong with `value`; `old` is undefined for a new object. */
export function* validateRules(value: unknown, old: unknown, schema: Schema, path = new Path()): FieldErrors {
  for (const { error, isOld } of ruleErrors(value, old, schema, path)) if (!isOld) yield error
}

/** The same with what an update has not made worse. `path`: where the value stands. */
export function ruleErrors(
  value: unknown,
  old: unknown,
  schema: Schema,
  path = new Path(),
): Generator<RuleError> {
  return within({ value, old, schema, path, isResource: path.toString() === '', isParentSame: false })
}

interface Place {
  readonly value: unknown
  readonly old: unknown
  readonly schema: Schema
  readonly path: Path
  readonly isResource: boolean
  /** Whether the nearest value around it that has one from before is unchanged. */
  readonly isParentSame: boolean
}

function* within(place: Place): Generator<RuleError> {
  const { value, old, schema, path } = place
  if (value === null || value === undefined) return
  const rules = schema['x-kubernetes-validations'] ?? []
  const isParentSame = old === undefined ? place.isParentSame : semanticEqual(value, old)
  for (const rule of rules) yield* applyRule({ ...place, isParentSame }, rule)
  const inner = (name: Path, field: unknown, before: unknown, part: Schema): Generator<RuleError> =>
    within({
      value: field,
      old: before,
      schema: part,
      path: name,
      isResource: isEmbedded(part),
      isParentSame,
    })
  if (Array.isArray(value)) {
    const items = itemsOf(schema)
    if (!items || !hasRules(items)) return
    for (const [i, item] of value.entries()) {
      yield* inner(path.index(i), item, counterpart(item, old, schema), items)
    }
    return
  }
  if (typeof value !== 'object') return
  const object = value as Readonly<Record<string, unknown>>
  const before = old as Readonly<Record<string, unknown>> | undefined
  for (const [name, property] of propertiesOf(schema)) {
    if (hasRules(property)) yield* inner(path.child(name), object[name], before?.[name], property)
  }
  const others = additionalOf(schema)
  if (!others || !hasRules(others)) return
  for (const [name, field] of Object.entries(object)) {
    if (!schema.properties?.[name]) yield* inner(path.key(name), field, before?.[name], others)
  }
}

const isEmbedded = (schema: Schema): boolean => schema['x-kubernetes-embedded-resource'] === true

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

function* applyRule(
  { value, old, schema, path, isResource, isParentSame }: Place,
  rule: ValidationRule,
): Generator<RuleError> {
  const source = rule.rule ?? ''
  const told = (error: FieldError): RuleError => ({ error, isOld: false })
  const { program, problem } = compile(compiled, rule, source)
  if (!program) {
    yield told(invalid(path, schema.type ?? '', `rule compile error: ${problem}`))
    return
  }
  const usesOld = program.names.has('oldSelf')
  if (usesOld && old === undefined && !rule.optionalOldSelf) return
  const before = ruleValue(old, schema, isResource)
  const values: Record<string, CelValue> = {
    self: ruleValue(value, schema, isResource),
    oldSelf: rule.optionalOldSelf ? optionalOf(before) : before,
  }
  try {
    if (program.evaluate(values) === true) return
  } catch (error) {
    const shown = rule.message?.trim() || source.trim()
    yield told(invalid(path, schema.type ?? '', `${(error as Error).message} evaluating rule: ${shown}`))
    return
  }
  const at = rule.fieldPath ? new Path(`${path}${rule.fieldPath}`.replace(/^\./, '')) : path
  yield { error: failed(rule, value, at, messageOf(rule, values)), isOld: !usesOld && isParentSame }
}

const optionalOf = (value: CelValue): CelValue => (value === undefined ? Optional.none() : Optional.of(value))

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
      // of a whole object no value is shown
      return typeof value === 'object' ? duplicateWithoutValue(path) : duplicate(path, value)
    default:
      return typeof value === 'object' ? invalidWithoutValue(path, message) : invalid(path, value, message)
  }
}
