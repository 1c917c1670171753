// Identities of tokens remembered for a while, where finding one out means to ask somebody else.
//
// The token itself is not kept, only its digest under a key of this process. Requests with the same token that come
// while it is being judged wait for the one verdict. A token that an issuer takes back is good for that while longer.
// Upstream: staging/src/k8s.io/apiserver/pkg/authentication/token/cache/cached_token_authenticator.go

import { createHmac } from 'node:crypto'
import { StatusError } from '#api/meta/status.ts'
import type { TokenAuthenticator, TokenIdentity } from '#apiserver/authentication/bearer-token.ts'
import { expiringCache } from '#apiserver/expiring-cache.ts'
import type { Clock } from '#sys/clock.ts'
import type { Random } from '#sys/random.ts'

export interface TokenCacheOptions {
  /** How long a good token is good. */
  readonly successTtlMs: number
  /** How long a refused token stays refused. */
  readonly failureTtlMs: number
  readonly clock: Clock
  readonly random: Random
}

type Verdict = { readonly identity: TokenIdentity | undefined } | { readonly refusal: StatusError }

const MAX_TOKENS = 32 * 1024
const KEY_BYTES = 32

export function cachedTokens(inner: TokenAuthenticator, options: TokenCacheOptions): TokenAuthenticator {
  const { clock, random, successTtlMs, failureTtlMs } = options
  const key = random.bytes(KEY_BYTES)
  const verdicts = expiringCache<Verdict>(MAX_TOKENS, clock)
  const pending = new Map<string, Promise<Verdict>>()

  async function judge(id: string, token: string, audiences: readonly string[]): Promise<Verdict> {
    const verdict = await verdictOf(inner, token, audiences)
    const isGood = 'identity' in verdict && verdict.identity !== undefined
    verdicts.set(id, verdict, isGood ? successTtlMs : failureTtlMs)
    return verdict
  }

  return {
    name: inner.name,
    async authenticateToken(token, audiences) {
      const id = createHmac('sha256', key)
        .update(JSON.stringify([token, audiences]))
        .digest('base64')
      let verdict = verdicts.get(id)
      if (!verdict) {
        const judging = pending.get(id) ?? judge(id, token, audiences).finally(() => pending.delete(id))
        pending.set(id, judging)
        verdict = await judging
      }
      if ('refusal' in verdict) throw verdict.refusal
      return verdict.identity
    },
  }
}

/** A refusal is a verdict; a failure to ask is none, and is not remembered. */
async function verdictOf(
  inner: TokenAuthenticator,
  token: string,
  audiences: readonly string[],
): Promise<Verdict> {
  try {
    return { identity: await inner.authenticateToken(token, audiences) }
  } catch (error) {
    if (error instanceof StatusError && error.code === 401) return { refusal: error }
    throw error
  }
}
