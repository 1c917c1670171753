// How claims become a user: name, groups, UID and extra, each by a claim or by an expression.
//
// Upstream: validateClaimMappings in staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go

import type { CelProgram } from '#api/cel/compile.ts'
import { duplicate, type FieldError, invalid, type Path, required } from '#api/meta/field-error.ts'
import { domainPrefixedPath } from '#api/meta/validation-formats.ts'
import type { AuthenticationExpressions } from '#apiserver/authentication/configuration/expressions.ts'
import type {
  ClaimMappings,
  ClaimOrExpression,
  PrefixedClaimOrExpression,
} from '#apiserver/authentication/configuration/file.ts'
import { type CompiledClaimRules, programOf } from '#apiserver/authentication/configuration/rules.ts'

/** A claim's value behind a prefix, or what an expression says. */
export type CompiledMapping =
  | { readonly claim: string; readonly prefix: string; readonly program?: never }
  | { readonly program: CelProgram; readonly claim?: never }

export interface CompiledMappings {
  readonly username: CompiledMapping | undefined
  readonly groups: CompiledMapping | undefined
  readonly uid: CompiledMapping | undefined
  readonly extra: readonly { readonly key: string; readonly program: CelProgram }[]
}

const EMAIL_RULE =
  'claims.email_verified must be used in claimMappings.username.expression or claimMappings.extra[*].valueExpression or claimValidationRules[*].expression when claims.email is used in claimMappings.username.expression'

export function compileMappings(
  mappings: ClaimMappings,
  rules: CompiledClaimRules,
  path: Path,
  expressions: AuthenticationExpressions,
  errors: FieldError[],
): CompiledMappings {
  const before = errors.length
  const username = compilePrefixed(mappings.username ?? {}, path.child('username'), expressions, errors)
  const isNameGood = errors.length === before
  if (!mappings.username?.claim && !mappings.username?.expression) {
    errors.push(required(path.child('username'), 'claim or expression is required'))
  }
  const groups = compilePrefixed(mappings.groups ?? {}, path.child('groups'), expressions, errors)
  const uid = compileEither(mappings.uid ?? {}, path.child('uid'), expressions, errors)
  const extra = compileExtra(mappings.extra ?? [], path.child('extra'), expressions, errors)
  const verifying = [
    username?.program,
    ...extra.map(({ program }) => program),
    ...rules.claims.map(({ program }) => program),
  ]
  const usesEmail = (isNameGood && username?.program?.selects('email', 'claims')) ?? false
  if (usesEmail && !verifying.some((program) => program?.selects('email_verified', 'claims'))) {
    errors.push(invalid(path.child('username.expression'), mappings.username?.expression ?? '', EMAIL_RULE))
  }
  return { username, groups, uid, extra }
}

function compilePrefixed(
  mapping: PrefixedClaimOrExpression,
  path: Path,
  expressions: AuthenticationExpressions,
  errors: FieldError[],
): CompiledMapping | undefined {
  const { claim = '', prefix, expression = '' } = mapping
  if (claim === '' && expression !== '' && prefix !== undefined) {
    errors.push(invalid(path.child('prefix'), prefix, 'may not be specified when expression is set'))
  }
  if (claim !== '' && expression === '' && prefix === undefined) {
    const why = 'prefix is required when claim is set. It can be set to an empty string to disable prefixing'
    errors.push(required(path.child('prefix'), why))
  }
  const compiled = compileEither(mapping, path, expressions, errors)
  return compiled?.claim === undefined ? compiled : { claim: compiled.claim, prefix: prefix ?? '' }
}

/** A claim without a prefix, or an expression; never both. */
function compileEither(
  { claim = '', expression = '' }: ClaimOrExpression,
  path: Path,
  expressions: AuthenticationExpressions,
  errors: FieldError[],
): CompiledMapping | undefined {
  if (claim !== '' && expression !== '') {
    errors.push(invalid(path, '', "claim and expression can't both be set"))
    return undefined
  }
  if (claim !== '') return { claim, prefix: '' }
  if (expression === '') return undefined
  const program = programOf(expressions.claims(expression), expression, path.child('expression'), errors)
  return program && { program }
}

function compileExtra(
  mappings: NonNullable<ClaimMappings['extra']>,
  path: Path,
  expressions: AuthenticationExpressions,
  errors: FieldError[],
): CompiledMappings['extra'] {
  const compiled: { key: string; program: CelProgram }[] = []
  const seen = new Set<string>()
  for (const [i, { key = '', valueExpression = '' }] of mappings.entries()) {
    const at = path.index(i)
    errors.push(...keyErrors(key, at.child('key')))
    if (seen.has(key)) {
      errors.push(duplicate(at.child('key'), key))
      continue
    }
    seen.add(key)
    const expressionPath = at.child('valueExpression')
    if (valueExpression === '') {
      errors.push(required(expressionPath))
      continue
    }
    const program = programOf(expressions.claims(valueExpression), valueExpression, expressionPath, errors)
    if (program) compiled.push({ key, program })
  }
  return compiled
}

function* keyErrors(key: string, path: Path): Iterable<FieldError> {
  yield* domainPrefixedPath(path, key)
  if (key !== key.toLowerCase()) yield invalid(path, key, 'must be lowercase')
  if (/^(.*\.)?(kubernetes|k8s)\.io\//.test(key)) {
    yield invalid(path, key, 'k8s.io, kubernetes.io and their subdomains are reserved for Kubernetes use')
  }
}
