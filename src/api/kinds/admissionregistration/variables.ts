// Variables of a policy: named expressions that its other expressions can use.
//
// Upstream: validateVariable in pkg/apis/admissionregistration/validation/validation.go

import {
  type ExpressionScope,
  REQUEST_VARIABLES,
  validateExpression,
} from '#api/kinds/admissionregistration/match-conditions.ts'
import { invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { Variable } from '#api/types/admissionregistration.ts'

const IDENTIFIER = /^[_a-zA-Z][_a-zA-Z0-9]*$/
const RESERVED = [
  'true',
  'false',
  'null',
  'in',
  'as',
  'break',
  'const',
  'continue',
  'else',
  'for',
  'function',
  'if',
  'import',
  'let',
  'loop',
  'package',
  'namespace',
  'return',
  'var',
  'void',
  'while',
]

/** What an expression of a policy can name. */
export function policyScope(hasParams: boolean, variables: readonly Variable[] | undefined): ExpressionScope {
  const names = hasParams ? [...REQUEST_VARIABLES, 'params'] : REQUEST_VARIABLES
  if (!variables || variables.length === 0) return { variables: names }
  return { variables: [...names, 'variables'], composed: namesOf(variables) }
}

/** A variable is there once it has an expression, even a wrong one. */
const namesOf = (variables: readonly Variable[]): string[] =>
  variables.filter(({ expression }) => expression?.trim()).map(({ name }) => name)

export function* validateVariables(
  variables: readonly Variable[] | undefined,
  hasParams: boolean,
  path: Path,
): FieldErrors {
  for (const [i, { name = '', expression = '' }] of (variables ?? []).entries()) {
    const at = path.index(i)
    if (name.trim() === '') yield required(at.child('name'), 'name is not specified')
    else if (!IDENTIFIER.test(name) || RESERVED.includes(name)) {
      yield invalid(at.child('name'), name, 'must be a valid CEL identifier')
    }
    const scope = policyScope(hasParams, variables?.slice(0, i))
    const composed = scope.composed ?? []
    yield* validateExpression(at.child('expression'), expression, 'expression is not specified', {
      variables: [...scope.variables, 'variables'],
      composed,
    })
  }
}
