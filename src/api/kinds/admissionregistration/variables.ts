// Variables of a policy: named expressions that its other expressions can use.
//
// Upstream: validateVariable in pkg/apis/admissionregistration/validation/validation.go

import type { CelType } from '#api/cel/checker/types.ts'
import { checkExpression } from '#api/kinds/admissionregistration/expressions.ts'
import { type RequestScopeOptions, requestScope } from '#api/kinds/admissionregistration/request-scope.ts'
import { type FieldError, invalid, type Path, required } from '#api/meta/field-error.ts'
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

export interface JudgedVariables {
  readonly errors: readonly FieldError[]
  /** What the other expressions of the policy can name. */
  readonly options: RequestScopeOptions
}

/** Each variable sees those before it; one that does not compile is there and may be anything. */
export function judgeVariables(
  variables: readonly Variable[] | undefined,
  hasParams: boolean,
  path: Path,
): JudgedVariables {
  const errors: FieldError[] = []
  const types = new Map<string, CelType>()
  for (const [i, { name = '', expression = '' }] of (variables ?? []).entries()) {
    const at = path.index(i)
    if (name.trim() === '') errors.push(required(at.child('name'), 'name is not specified'))
    else if (!IDENTIFIER.test(name) || RESERVED.includes(name)) {
      errors.push(invalid(at.child('name'), name, 'must be a valid CEL identifier'))
    }
    if (expression.trim() === '') {
      errors.push(required(at.child('expression'), 'expression is not specified'))
      continue
    }
    const scope = requestScope({ hasParams, hasAuthorizer: true, variables: types })
    const { type, errors: own } = checkExpression(at.child('expression'), expression, { scope })
    errors.push(...own)
    types.set(name, type)
  }
  return { errors, options: { hasParams, hasAuthorizer: true, variables: types } }
}
