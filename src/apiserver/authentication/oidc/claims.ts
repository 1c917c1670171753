// From the claims of a verified token to a user, and whether token and user keep the rules. Pure.
//
// Claims first (by claim or by expression), then the rules on claims, then those on the user that came out.
// Upstream: staging/src/k8s.io/apiserver/plugin/pkg/authenticator/token/oidc/oidc.go
// Left out: distributed claims (_claim_names, _claim_sources)

import type { CelProgram } from '#api/cel/compile.ts'
import { type CelValue, celValue } from '#api/cel/values.ts'
import type { CompiledMapping } from '#apiserver/authentication/configuration/claim-mappings.ts'
import type { CompiledJwt } from '#apiserver/authentication/configuration/compile.ts'
import type { CompiledRule } from '#apiserver/authentication/configuration/expressions.ts'
import type { Claims } from '#apiserver/authentication/oidc/id-token.ts'
import type { UserInfo } from '#apiserver/request.ts'

const CREDENTIAL_ID = 'authentication.kubernetes.io/credential-id'

/** Throws an Error that says which mapping or rule refuses the token. */
export function userOfClaims(claims: Claims, { mappings, rules }: CompiledJwt): UserInfo {
  const values = { claims: celValue(claims) }
  const name = usernameOf(mappings.username, claims, values)
  const groups = groupsOf(mappings.groups, claims, values)
  const uid = uidOf(mappings.uid, claims, values)
  const extra = extraOf(mappings.extra, claims, values)
  checkRequired(rules.required, claims)
  checkRules(rules.claims, values, 'oidc: error evaluating claim validation expression')
  checkRules(
    rules.users,
    { user: { username: name, uid, groups, extra: new Map(Object.entries(extra)) } },
    'oidc: error evaluating user info validation rule',
  )
  return {
    name,
    groups,
    ...(uid !== '' && { uid }),
    ...(Object.keys(extra).length > 0 && { extra }),
  }
}

type Values = Readonly<Record<string, CelValue>>

function usernameOf(mapping: CompiledMapping | undefined, claims: Claims, values: Values): string {
  const failure = 'oidc: error evaluating username claim expression'
  if (mapping?.program) {
    const name = evaluate(mapping.program, values, failure)
    if (typeof name !== 'string')
      throw new Error(`${failure}: username claim expression must return a string`)
    if (name === '') throw new Error('oidc: empty username via CEL expression is not allowed')
    return name
  }
  const claim = mapping?.claim ?? ''
  const name = stringClaim(claims, claim, `oidc: parse username claims ${JSON.stringify(claim)}`)
  if (claim === 'email' && 'email_verified' in claims) {
    const isVerified = claims['email_verified']
    if (typeof isVerified !== 'boolean') {
      throw new Error(`oidc: parse 'email_verified' claim: ${unmarshalProblem(isVerified, 'bool')}`)
    }
    if (!isVerified) throw new Error('oidc: email not verified')
  }
  return `${mapping?.prefix ?? ''}${name}`
}

function groupsOf(mapping: CompiledMapping | undefined, claims: Claims, values: Values): readonly string[] {
  const failure = 'oidc: error evaluating group claim expression'
  if (mapping?.program) return stringList(evaluate(mapping.program, values, failure), failure)
  const value = mapping ? claims[mapping.claim] : undefined
  if (!mapping || value === undefined || value === null) return []
  const groups = Array.isArray(value) ? value : [value]
  return groups.map((group: unknown) => {
    if (typeof group === 'string') return `${mapping.prefix}${group}`
    const claim = JSON.stringify(mapping.claim)
    throw new Error(`oidc: parse groups claim ${claim}: ${unmarshalProblem(value, 'string')}`)
  })
}

function uidOf(mapping: CompiledMapping | undefined, claims: Claims, values: Values): string {
  if (!mapping) return ''
  if (!mapping.program) {
    return stringClaim(claims, mapping.claim, `oidc: parse uid claim ${JSON.stringify(mapping.claim)}`)
  }
  const failure = 'oidc: error evaluating uid claim expression'
  const uid = evaluate(mapping.program, values, failure)
  if (typeof uid !== 'string') throw new Error(`${failure}: uid claim expression must return a string`)
  return uid
}

function extraOf(
  mappings: CompiledJwt['mappings']['extra'],
  claims: Claims,
  values: Values,
): Record<string, readonly string[]> {
  const id = claims['jti']
  const extra: Record<string, readonly string[]> = {}
  if (typeof id === 'string' && id !== '') extra[CREDENTIAL_ID] = [`JTI=${id}`]
  for (const { key, program } of mappings) {
    const failure = 'oidc: error evaluating extra claim expression'
    const list = stringList(evaluate(program, values, failure), `${failure}: ${program.source}`)
    if (list.length > 0) extra[key] = list
  }
  return extra
}

function checkRequired(required: ReadonlyMap<string, string>, claims: Claims): void {
  for (const [claim, wanted] of required) {
    if (!(claim in claims)) throw new Error(`oidc: required claim ${claim} not present in ID token`)
    const got = stringClaim(claims, claim, `oidc: parse claim ${claim}`)
    if (got !== wanted) {
      throw new Error(`oidc: required claim ${claim} value does not match. Got = ${got}, want = ${wanted}`)
    }
  }
}

function checkRules(rules: readonly CompiledRule[], values: Values, failure: string): void {
  for (const { program, message } of rules) {
    const holds = evaluate(program, values, failure)
    if (typeof holds !== 'boolean') throw new Error(`${failure}: validation expression must return a boolean`)
    if (!holds) throw new Error(`${failure}: validation expression '${program.source}' failed: ${message}`)
  }
}

function evaluate(program: CelProgram, values: Values, failure: string): CelValue {
  try {
    return program.evaluate(values)
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new Error(`${failure}: expression '${program.source}' resulted in error: ${why}`, { cause: error })
  }
}

/** One string or several; empty ones count for nothing, and so does null. */
function stringList(value: CelValue, failure: string): readonly string[] {
  const list: readonly unknown[] = value === null ? [] : Array.isArray(value) ? value : [value]
  return list.flatMap((item) => {
    if (typeof item === 'string') return item === '' ? [] : [item]
    throw new Error(`${failure}: expression must return a string or a list of strings`)
  })
}

function stringClaim(claims: Claims, claim: string, failure: string): string {
  const value = claims[claim]
  if (value === undefined) throw new Error(`${failure}: claim not present`)
  if (typeof value !== 'string') throw new Error(`${failure}: ${unmarshalProblem(value, 'string')}`)
  return value
}

function unmarshalProblem(value: unknown, wanted: string): string {
  const kind = Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value
  return `json: cannot unmarshal ${kind} into Go value of type ${wanted}`
}
