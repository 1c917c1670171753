// What a service account token says, and whether its signature holds.
//
// A token's signature and content never change, so the costly part is done once for each token and remembered
// (bounded, the oldest go first); whatever can change with time (expiry, the objects it is bound to) is judged anew
// for each request, in service-account-token.ts. Upstream: pkg/serviceaccount/{jwt,claims,legacy}.go

import { createHash } from 'node:crypto'
import { compactVerify } from 'jose'
import { unauthorized } from '#api/meta/status.ts'
import type { TokenKey } from '#sys/token-keys.ts'

export interface ObjectRef {
  readonly name?: string
  readonly uid?: string
}

/** The claims under `kubernetes.io` of a token made by TokenRequest. */
export interface BoundClaims {
  readonly namespace?: string
  readonly serviceaccount?: ObjectRef
  readonly pod?: ObjectRef
  readonly secret?: ObjectRef
  readonly node?: ObjectRef
  readonly warnafter?: number
}

export interface TokenClaims {
  readonly iss?: string
  readonly sub?: string
  readonly aud?: string | readonly string[]
  /** Seconds since 1970. */
  readonly exp?: number
  readonly nbf?: number
  readonly iat?: number
  readonly jti?: string
  readonly 'kubernetes.io'?: BoundClaims
  /** Claims of tokens that live in Secrets. */
  readonly 'kubernetes.io/serviceaccount/namespace'?: string
  readonly 'kubernetes.io/serviceaccount/secret.name'?: string
  readonly 'kubernetes.io/serviceaccount/service-account.name'?: string
  readonly 'kubernetes.io/serviceaccount/service-account.uid'?: string
}

/** How many tokens are remembered: some times the pods of a large node group, at about 1 KB each. */
const MAX_REMEMBERED = 8192
/** Longer ones are nobody's: with that many audiences they would not fit into a header. */
const MAX_TOKEN_LENGTH = 64 * 1024

export interface ClaimsReader {
  /** The claims of a well-signed token of one of `issuers`; undefined for other tokens; throws 401. */
  read(token: string): Promise<TokenClaims | undefined>
}

export function claimsReader(keys: readonly TokenKey[], issuers: readonly string[]): ClaimsReader {
  const remembered = new Map<string, TokenClaims>()
  return {
    async read(token) {
      const issuer = unverifiedIssuer(token)
      if (issuer === undefined || !issuers.includes(issuer)) return undefined
      const id = createHash('sha256').update(token).digest('base64')
      let claims = remembered.get(id)
      if (claims) return claims
      claims = await verified(token, keys)
      if (remembered.size >= MAX_REMEMBERED) remembered.delete(remembered.keys().next().value ?? '')
      remembered.set(id, claims)
      return claims
    },
  }
}

/** Who says to have made the token; tells which authenticator is to judge it, nothing more. */
function unverifiedIssuer(token: string): string | undefined {
  const parts = token.split('.')
  if (parts.length !== 3 || token.length > MAX_TOKEN_LENGTH) return undefined
  try {
    const claims = JSON.parse(Buffer.from(parts[1] ?? '', 'base64url').toString('utf8')) as TokenClaims | null
    return typeof claims?.iss === 'string' ? claims.iss : undefined
  } catch {
    // Not a JWT: another kind of token.
    return undefined
  }
}

async function verified(token: string, keys: readonly TokenKey[]): Promise<TokenClaims> {
  const candidates = candidatesFor(token, keys)
  if (candidates.length === 0) throw unauthorized('invalid signature, no keys found')
  for (const key of candidates) {
    try {
      const { payload } = await compactVerify(token, key.publicKey, { algorithms: [key.algorithm] })
      return JSON.parse(Buffer.from(payload).toString('utf8')) as TokenClaims
    } catch {
      // Not this key.
    }
  }
  throw unauthorized('go-jose/go-jose: error in cryptographic primitive')
}

function candidatesFor(token: string, keys: readonly TokenKey[]): readonly TokenKey[] {
  try {
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString('utf8')) as {
      kid?: string
    }
    return header.kid ? keys.filter((key) => key.id === header.kid) : keys
  } catch {
    return []
  }
}

/** The audiences of a token; none for tokens from Secrets. */
export function audiencesOf(claims: TokenClaims): readonly string[] {
  if (claims.aud === undefined) return []
  return typeof claims.aud === 'string' ? [claims.aud] : claims.aud
}
