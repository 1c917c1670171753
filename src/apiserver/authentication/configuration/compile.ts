// An AuthenticationConfiguration judged, and its issuers made ready: expressions compiled, claims sorted out.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/apis/apiserver/validation/validation.go

import { duplicate, type FieldError, invalid, Path, tooMany } from '#api/meta/field-error.ts'
import {
  type CompiledMappings,
  compileMappings,
} from '#apiserver/authentication/configuration/claim-mappings.ts'
import type { AuthenticationExpressions } from '#apiserver/authentication/configuration/expressions.ts'
import type {
  AnonymousConfiguration,
  AuthenticationConfiguration,
  Issuer,
  JwtAuthenticator,
} from '#apiserver/authentication/configuration/file.ts'
import { issuerErrors } from '#apiserver/authentication/configuration/issuers.ts'
import {
  type CompiledRules,
  compileRules,
  compileUserRules,
} from '#apiserver/authentication/configuration/rules.ts'

export interface CompiledJwt {
  readonly issuer: Issuer
  readonly mappings: CompiledMappings
  readonly rules: CompiledRules
}

export interface CompiledAuthentication {
  readonly jwt: readonly CompiledJwt[]
  readonly anonymous: AnonymousConfiguration | undefined
  readonly errors: readonly FieldError[]
}

const MAX_JWT = 64

/** `disallowedIssuers`: those of this server's own tokens. */
export function compileAuthentication(
  configuration: AuthenticationConfiguration,
  expressions: AuthenticationExpressions,
  disallowedIssuers: readonly string[],
): CompiledAuthentication {
  const { jwt = [], anonymous } = configuration
  const path = new Path('jwt')
  if (jwt.length > MAX_JWT) return { jwt: [], anonymous, errors: [tooMany(path, jwt.length, MAX_JWT)] }
  const compiled = jwt.map((one, i) => compileJwt(one, path.index(i), expressions, disallowedIssuers))
  const errors = compiled.flatMap((one, i) => [
    ...one.errors,
    ...repeated(jwt, i, path.index(i).child('issuer')),
  ])
  if (anonymous && !anonymous.enabled && anonymous.conditions?.length) {
    const why = 'enabled should be set to true when conditions are defined'
    // as Go writes a struct without names for JSON
    const shown = anonymous.conditions.map(({ path: Path = '' }) => ({ Path }))
    errors.push(invalid(new Path('anonymous.conditions'), shown, why))
  }
  return { jwt: compiled.map(({ ready }) => ready), anonymous, errors }
}

function compileJwt(
  jwt: JwtAuthenticator,
  path: Path,
  expressions: AuthenticationExpressions,
  disallowedIssuers: readonly string[],
): { readonly ready: CompiledJwt; readonly errors: readonly FieldError[] } {
  const errors: FieldError[] = [...issuerErrors(jwt.issuer ?? {}, path.child('issuer'), disallowedIssuers)]
  const rules = compileRules(
    jwt.claimValidationRules ?? [],
    path.child('claimValidationRules'),
    expressions,
    errors,
  )
  const mappings = compileMappings(
    jwt.claimMappings ?? {},
    rules,
    path.child('claimMappings'),
    expressions,
    errors,
  )
  const users = compileUserRules(
    jwt.userValidationRules ?? [],
    path.child('userValidationRules'),
    expressions,
    errors,
  )
  return { ready: { issuer: jwt.issuer ?? {}, mappings, rules: { ...rules, users } }, errors }
}

/** No issuer and no discovery URL stands there twice. */
function repeated(jwt: readonly JwtAuthenticator[], i: number, path: Path): FieldError[] {
  const { url = '', discoveryURL = '' } = jwt[i]?.issuer ?? {}
  const before = jwt.slice(0, i).map(({ issuer = {} }) => issuer)
  return [
    ...(before.some((other) => (other.url ?? '') === url) ? [duplicate(path.child('url'), url)] : []),
    ...(discoveryURL !== '' && before.some((other) => other.discoveryURL === discoveryURL)
      ? [duplicate(path.child('discoveryURL'), discoveryURL)]
      : []),
  ]
}
