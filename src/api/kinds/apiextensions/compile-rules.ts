// Rules in CEL inside a schema: that they compile against its types, and that they cost no more than is allowed.
//
// A rule may be asked as often as its place occurs in the largest object, so that its cost is multiplied by that.
// Upstream: staging/src/k8s.io/apiextensions-apiserver/pkg/apiserver/schema/cel/compilation.go, and
// .../pkg/apis/apiextensions/validation/{validation.go,cel_validation.go}. Left out: that rules of before an update may cost more

import { type CheckedCel, checkCel, namesIn } from '#api/cel/check.ts'
import type { CelScope } from '#api/cel/checker/check-types.ts'
import { BOOL, optionalOf, STRING } from '#api/cel/checker/types.ts'
import { programProblem } from '#api/cel/checker/validate-literals.ts'
import { estimateCost, type SizeAt } from '#api/cel/cost/estimate.ts'
import { type DeclaredType, declaredType, MAX_REQUEST_BYTES } from '#api/kinds/apiextensions/declared-type.ts'
import type { Schema, ValidationRule } from '#api/kinds/apiextensions/schema.ts'
import { rulesOf } from '#api/kinds/apiextensions/schema-rules.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { forbidden, internal, invalid, type Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'

/** What a rule may cost, and all rules of a schema together. */
const RULE_LIMIT = 10_000_000
const SCHEMA_LIMIT = 100_000_000
const MOST_SHOWN = 4

/** Where the rules of a schema stand. */
export interface RulePlace {
  readonly isResource: boolean
  /** The list or map in which there is no old value. */
  readonly uncorrelatable: Path | undefined
  /** How often the place can occur; undefined where the schema does not say. */
  readonly cardinality: number | undefined
}

/** The cost of all rules of a schema. */
export class TotalCost {
  #total = 0
  readonly #rules: { readonly path: Path; readonly cost: number }[] = []

  add(path: Path, cost: number): void {
    this.#total += cost
    if (cost >= SCHEMA_LIMIT / 100) this.#rules.push({ path, cost })
  }

  *errors(schemaPath: Path): FieldErrors {
    if (this.#total <= SCHEMA_LIMIT) return
    const costly = [...this.#rules].sort((a, b) => b.cost - a.cost).slice(0, MOST_SHOWN)
    const text = 'contributed to estimated rule cost total exceeding cost limit for entire OpenAPIv3 schema'
    for (const { path } of costly) yield forbidden(path, text)
    const what = 'x-kubernetes-validations estimated rule cost total for entire OpenAPIv3 schema'
    yield forbidden(schemaPath, tooCostly(what, this.#total, SCHEMA_LIMIT))
  }
}

export function* compileRules(schema: Schema, path: Path, place: RulePlace, total: TotalCost): FieldErrors {
  const rules = rulesOf(schema)
  if (rules.length === 0) return
  const declared = declaredType(schema, 'selfType', place.isResource)
  if (!declared) {
    const why = 'unable to convert structural schema to CEL declarations'
    const text = `internal error: failed to construct type information for x-kubernetes-validations rules: ${why}`
    yield internal(path.child('x-kubernetes-validations'), text)
    return
  }
  for (const [i, rule] of rules.entries()) {
    yield* compileRule(rule, declared, path.child('x-kubernetes-validations').index(i), place, total)
  }
}

function* compileRule(
  rule: ValidationRule,
  declared: DeclaredType,
  path: Path,
  place: RulePlace,
  total: TotalCost,
): FieldErrors {
  const shown = internalForm('ValidationRule', rule)
  const expression = rule.rule ?? ''
  const scope = scopeOf(declared, rule.optionalOldSelf === true)
  const { checked, problem } = judge(expression, scope, 'bool')
  if (checked) {
    const times = place.cardinality ?? Math.floor(MAX_REQUEST_BYTES / (declared.minSize + 1))
    const cost = estimateCost(checked, sizesOf(declared))
    yield* spend(path.child('rule'), 'estimated rule cost', cost === 0 ? 0 : cost * times, total)
    yield* messageErrors(rule, declared, scope, path, total)
  } else yield invalid(path.child('rule'), shown, problem)
  // a rule that does not compile uses nothing
  if (checked && namesIn(checked.node).has('oldSelf')) {
    if (!place.uncorrelatable) return
    const text = `oldSelf cannot be used on the uncorrelatable portion of the schema within ${place.uncorrelatable}`
    yield invalid(path.child('rule'), expression, text)
  } else if (rule.optionalOldSelf !== undefined) {
    yield invalid(
      path.child('optionalOldSelf'),
      rule.optionalOldSelf,
      'may not be set if oldSelf is not used in rule',
    )
  }
}

function* messageErrors(
  rule: ValidationRule,
  declared: DeclaredType,
  scope: CelScope,
  path: Path,
  total: TotalCost,
): FieldErrors {
  if (!rule.messageExpression) return
  const at = path.child('messageExpression')
  const { checked, problem } = judge(rule.messageExpression, scope, 'string')
  if (!checked) {
    yield invalid(
      at,
      internalForm('ValidationRule', rule),
      `messageExpression ${problem.replace('cel expression ', '')}`,
    )
    return
  }
  yield* spend(at, 'estimated messageExpression cost', estimateCost(checked, sizesOf(declared)), total)
}

type Judged =
  | { readonly checked: CheckedCel; readonly problem?: never }
  | { readonly problem: string; readonly checked?: never }

function judge(expression: string, scope: CelScope, result: 'bool' | 'string'): Judged {
  const { checked, problem } = checkCel(expression, scope)
  if (!checked) return { problem }
  const wanted = result === 'bool' ? BOOL : STRING
  if (checked.type !== wanted) return { problem: `cel expression must evaluate to a ${result}` }
  const program = programProblem(checked.node)
  if (program === undefined) return { checked }
  return {
    problem:
      result === 'bool' ? `program instantiation failed: ${program}` : `instantiation failed: ${program}`,
  }
}

const scopeOf = ({ type }: DeclaredType, isOldOptional: boolean): CelScope => ({
  variables: new Map([
    ['self', type],
    ['oldSelf', isOldOptional ? optionalOf(type) : type],
  ]),
})

/** The way begins with the variable. */
const sizesOf =
  (root: DeclaredType): SizeAt =>
  (way) => {
    let declared: DeclaredType | undefined = root
    for (const name of way.slice(1)) {
      if (name === '@items' || name === '@values') declared = declared?.item
      else if (name === '@keys') declared = declared?.key
      else declared = declared?.fields?.get(name)
    }
    return declared && { min: 0, max: declared.maxElements }
  }

function* spend(path: Path, what: string, cost: number, total: TotalCost): FieldErrors {
  if (cost > RULE_LIMIT) yield forbidden(path, tooCostly(what, cost, RULE_LIMIT))
  total.add(path, cost)
}

function tooCostly(what: string, cost: number, limit: number): string {
  const factor = cost / limit
  const shown =
    factor > 100 ? 'more than 100x' : factor < 1.5 ? `${factor.toFixed(6)}x` : `${factor.toFixed(1)}x`
  return `${what} exceeds budget by factor of ${shown} (try simplifying the rule, or adding maxItems, maxProperties, and maxLength where arrays, maps, and strings are declared)`
}
