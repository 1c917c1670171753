// Tokens of the issuers that an AuthenticationConfiguration names.
//
// A token says who issued it; only that issuer's rules are asked, and what they refuse is refused. Upstream:
// staging/src/k8s.io/apiserver/plugin/pkg/authenticator/token/oidc/oidc.go, pkg/kubeapiserver/authenticator/config.go

import { unauthorized } from '#api/meta/status.ts'
import type { TokenAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import type { CompiledJwt } from '#apiserver/authentication/configuration/compile.ts'
import { userOfClaims } from '#apiserver/authentication/oidc/claims.ts'
import { claimedIssuer, type IdTokenRules, verifyIdToken } from '#apiserver/authentication/oidc/id-token.ts'
import { issuerKeys } from '#apiserver/authentication/oidc/issuer-keys.ts'
import type { Clock } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface OidcAuthenticator extends TokenAuthenticator {
  /** Resolves when all issuers can be asked; rejects with the first problem when `signal` aborts before. */
  whenReady(signal: AbortSignal): Promise<void>
}

export interface OidcOptions {
  readonly jwt: readonly CompiledJwt[]
  readonly algorithms: readonly string[]
  readonly clock: Clock
  readonly log: Logger
}

/** Google's tokens name their issuer without the scheme. */
const ISSUER_ALIASES: Readonly<Record<string, string>> = {
  'accounts.google.com': 'https://accounts.google.com',
}

/** `signal` ends what it does in the background. */
export function oidcAuthenticator(options: OidcOptions, signal: AbortSignal): OidcAuthenticator {
  const { clock, log, algorithms } = options
  const issuers = options.jwt.map((jwt) => {
    const keys = issuerKeys({ issuer: jwt.issuer, clock, log }, signal)
    const { url: issuer = '', audiences = [] } = jwt.issuer
    return { jwt, keys, rules: { issuer, audiences, algorithms, keys } satisfies IdTokenRules }
  })
  return {
    name: 'oidc',
    async authenticateToken(token) {
      const claimed = claimedIssuer(token)
      const issuer = claimed === undefined ? undefined : (ISSUER_ALIASES[claimed] ?? claimed)
      const found = issuers.find(({ rules }) => rules.issuer === issuer)
      if (!found) return undefined
      try {
        const claims = await verifyIdToken(
          token,
          { ...found.rules, issuer: claimed ?? '' },
          clock.now(),
        ).catch((error: Error) => {
          throw new Error(`oidc: verify token: ${error.message}`, { cause: error })
        })
        return { user: userOfClaims(claims, found.jwt) }
      } catch (error) {
        throw unauthorized((error as Error).message)
      }
    },
    async whenReady(waiting) {
      const aborted = new Promise<never>((_resolve, reject) => {
        const onAbort = () => {
          const problems = issuers.flatMap(({ keys }) => keys.problem() ?? [])
          reject(new Error(problems.join(', ')))
        }
        if (waiting.aborted) onAbort()
        else waiting.addEventListener('abort', onAbort, { once: true })
      })
      aborted.catch(() => undefined)
      await Promise.race([Promise.all(issuers.map(({ keys }) => keys.ready)), aborted])
    },
  }
}
