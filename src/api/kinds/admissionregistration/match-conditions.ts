// Conditions in CEL that narrow down which requests a webhook or policy is asked about.
//
// Upstream: validateMatchConditions in pkg/apis/admissionregistration/validation/validation.go

import { celProblem } from '#api/cel/check.ts'
import { resultProblem } from '#api/cel/result-type.ts'
import { duplicate, invalid, type Path, required, tooMany } from '#api/meta/field-error.ts'
import { type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import type { MatchCondition } from '#api/types/admissionregistration.ts'

const MAX_CONDITIONS = 64

/** What every expression about a request can name. */
export const REQUEST_VARIABLES = ['object', 'oldObject', 'request', 'namespaceObject', 'authorizer']

export function* validateMatchConditions(
  conditions: readonly MatchCondition[] | undefined,
  hasParams: boolean,
  path: Path,
): FieldErrors {
  const names = (conditions ?? []).map(({ name }) => name)
  if (names.length > MAX_CONDITIONS) yield tooMany(path, names.length, MAX_CONDITIONS)
  for (const [i, { name, expression }] of (conditions ?? []).entries()) {
    const at = path.index(i)
    yield* validateExpression(at.child('expression'), (expression ?? '').trim(), '', {
      variables: hasParams ? [...REQUEST_VARIABLES, 'params'] : REQUEST_VARIABLES,
      results: ['bool'],
    })
    if (name) yield* qualifiedName(at.child('name'), name)
    else yield required(at.child('name'))
    if (name && names.indexOf(name) < i) yield duplicate(at.child('name'), name)
  }
}

export interface ExpressionScope {
  readonly variables: readonly string[]
  /** What `variables.` has; undefined where there is no such thing. */
  readonly composed?: readonly string[] | undefined
  /** The types that the result may have; absent means any. */
  readonly results?: readonly string[]
}

/** An expression that must be there and must compile; `shown` is the text in the message. */
export function* validateExpression(
  path: Path,
  expression: string,
  missing: string,
  scope: ExpressionScope,
  shown = expression,
): FieldErrors {
  if (expression.trim() === '') {
    yield required(path, missing)
    return
  }
  const problem = celProblem(expression, scope)
  if (problem !== undefined) yield invalid(path, shown, problem)
  if (problem !== undefined || !scope.results) return
  const variables = scope.composed ? [...scope.variables, 'variables'] : scope.variables
  const result = resultProblem(expression, variables, scope.results)
  if (result !== undefined) yield invalid(path, shown, result)
}
