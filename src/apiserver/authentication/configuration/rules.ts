// The rules that tokens and users have to keep: claims with one value, and expressions.
//
// Upstream: validateClaimValidationRules and validateUserValidationRules in
// staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go

import type { CelCompilation, CelProgram } from '#api/cel/compile.ts'
import { duplicate, type FieldError, invalid, type Path, required } from '#api/meta/field-error.ts'
import type {
  AuthenticationExpressions,
  CompiledRule,
} from '#apiserver/authentication/configuration/expressions.ts'
import type { ClaimValidationRule, UserValidationRule } from '#apiserver/authentication/configuration/file.ts'

export interface CompiledClaimRules {
  /** Claim → the value that it has to have. */
  readonly required: ReadonlyMap<string, string>
  readonly claims: readonly CompiledRule[]
}

export interface CompiledRules extends CompiledClaimRules {
  readonly users: readonly CompiledRule[]
}

/** The compiled expression; what is wrong goes to `errors`. */
export function programOf(
  { program, problem }: CelCompilation,
  source: string,
  path: Path,
  errors: FieldError[],
): CelProgram | undefined {
  if (problem !== undefined) errors.push(invalid(path, source, problem))
  return program
}

export function compileRules(
  rules: readonly ClaimValidationRule[],
  path: Path,
  expressions: AuthenticationExpressions,
  errors: FieldError[],
): CompiledClaimRules {
  const requiredValues = new Map<string, string>()
  const claims: CompiledRule[] = []
  const seen = new Set<string>()
  for (const [i, { claim = '', requiredValue = '', expression = '', message = '' }] of rules.entries()) {
    const at = path.index(i)
    if (claim !== '' && expression !== '')
      errors.push(invalid(at, claim, "claim and expression can't both be set"))
    else if (claim === '' && expression === '') errors.push(required(at, 'claim or expression is required'))
    else if (claim !== '') {
      if (message !== '')
        errors.push(invalid(at.child('message'), message, 'may not be specified when claim is set'))
      if (requiredValues.has(claim)) errors.push(duplicate(at.child('claim'), claim))
      requiredValues.set(claim, requiredValue)
    } else {
      if (requiredValue !== '') {
        const why = 'may not be specified when expression is set'
        errors.push(invalid(at.child('requiredValue'), requiredValue, why))
      }
      if (isRepeated(seen, expression, at.child('expression'), errors)) continue
      const program = programOf(
        expressions.claims(expression, 'bool'),
        expression,
        at.child('expression'),
        errors,
      )
      if (program) claims.push({ program, message })
    }
  }
  return { required: requiredValues, claims }
}

export function compileUserRules(
  rules: readonly UserValidationRule[],
  path: Path,
  expressions: AuthenticationExpressions,
  errors: FieldError[],
): readonly CompiledRule[] {
  const users: CompiledRule[] = []
  const seen = new Set<string>()
  for (const [i, { expression = '', message = '' }] of rules.entries()) {
    const at = path.index(i).child('expression')
    if (expression === '') errors.push(required(at))
    else if (!isRepeated(seen, expression, at, errors)) {
      const program = programOf(expressions.user(expression), expression, at, errors)
      if (program) users.push({ program, message })
    }
  }
  return users
}

function isRepeated(seen: Set<string>, expression: string, path: Path, errors: FieldError[]): boolean {
  if (seen.has(expression)) {
    errors.push(duplicate(path, expression))
    return true
  }
  seen.add(expression)
  return false
}
