// An ID token verified: its signature, its issuer, its audience, its time.
//
// Upstream: github.com/coreos/go-oidc/verify.go, verifyAudience in
// staging/src/k8s.io/apiserver/plugin/pkg/authenticator/token/oidc/oidc.go

import { compactVerify, decodeProtectedHeader, errors } from 'jose'
import { parsePlain } from '#api/codec/json.ts'
import type { IssuerKeys } from '#apiserver/authentication/oidc/issuer-keys.ts'
import { quotedList } from '#apiserver/authorization/rbac-rules.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface IdTokenRules {
  readonly issuer: string
  readonly audiences: readonly string[]
  readonly algorithms: readonly string[]
  readonly keys: IssuerKeys
}

/** What may be asked for; `none` and shared secrets may not. */
export const SIGNING_ALGORITHMS = [
  'ES256',
  'ES384',
  'ES512',
  'PS256',
  'PS384',
  'PS512',
  'RS256',
  'RS384',
  'RS512',
] as const
export const DEFAULT_ALGORITHMS = ['RS256'] as const

const NOT_BEFORE_LEEWAY_MS = 60_000

/** The issuer that a token names, without any verification; undefined for what is no JWT. */
export function claimedIssuer(token: string): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3) return undefined
  const claims = parsePlain(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8'))
  const issuer = typeof claims === 'object' && claims !== null && 'iss' in claims ? claims.iss : undefined
  return typeof issuer === 'string' ? issuer : undefined
}

/** The claims of a good token; throws an Error in go-oidc's words. `now`: milliseconds since 1970. */
export async function verifyIdToken(token: string, rules: IdTokenRules, now: number): Promise<Claims> {
  const claims = await verifySignature(token, rules)
  if (claims['iss'] !== rules.issuer) {
    throw new Error(
      `oidc: id token issued by a different provider, expected ${JSON.stringify(rules.issuer)} got ${JSON.stringify(claims['iss'] ?? '')}`,
    )
  }
  checkAudience(claims['aud'], rules.audiences)
  const expiry = typeof claims['exp'] === 'number' ? claims['exp'] * 1000 : 0
  if (expiry < now) throw new Error(`oidc: token is expired (Token Expiry: ${goTime(expiry)})`)
  const notBefore = claims['nbf']
  if (typeof notBefore === 'number' && now + NOT_BEFORE_LEEWAY_MS < notBefore * 1000) {
    throw new Error(
      `oidc: current time ${goTime(now)} before the nbf (not before) time: ${goTime(notBefore * 1000)}`,
    )
  }
  return claims
}

async function verifySignature(token: string, rules: IdTokenRules): Promise<Claims> {
  const algorithm = algorithmOf(token)
  if (!rules.algorithms.includes(algorithm)) {
    throw new Error(
      `oidc: id token signed with unsupported algorithm, expected ${quotedList(rules.algorithms)} got ${JSON.stringify(algorithm)}`,
    )
  }
  let payload: Uint8Array
  try {
    const verified = await compactVerify(token, (header, jws) => rules.keys.find(header, jws), {
      algorithms: [...rules.algorithms],
    })
    payload = verified.payload
  } catch (error) {
    const isForged = error instanceof errors.JWSSignatureVerificationFailed
    const why = isForged ? 'failed to verify id token signature' : (error as Error).message
    throw new Error(`failed to verify signature: ${why}`, { cause: error })
  }
  const claims = parsePlain(new TextDecoder().decode(payload))
  if (typeof claims !== 'object' || claims === null) throw new Error('oidc: failed to unmarshal claims')
  return claims as Claims
}

function algorithmOf(token: string): string {
  try {
    return decodeProtectedHeader(token).alg ?? ''
  } catch (error) {
    throw new Error(`oidc: malformed jwt: ${(error as Error).message}`, { cause: error })
  }
}

function checkAudience(claim: unknown, wanted: readonly string[]): void {
  const own = (Array.isArray(claim) ? claim : [claim]).filter((item) => typeof item === 'string')
  if (own.some((audience) => wanted.includes(audience))) return
  const [first = ''] = wanted
  throw new Error(
    wanted.length > 1
      ? `oidc: expected audience in ${quotedList([...wanted].sort())} got ${quotedList(own)}`
      : `oidc: expected audience ${JSON.stringify(first)} got ${quotedList(own)}`,
  )
}

/** `2026-01-02 03:04:05 +0000 UTC`, as Go prints a time. */
const goTime = (millis: number): string =>
  `${new Date(millis).toISOString().slice(0, 19).replace('T', ' ')} +0000 UTC`
