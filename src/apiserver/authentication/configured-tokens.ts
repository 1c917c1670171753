// The issuers that the file of --authentication-config names, taken over anew whenever the file changes.
//
// A changed file counts as a whole or not at all: what cannot be read or is not valid is told to the log, and the old
// issuers stay. New issuers take the place of the old ones when all of them can be asked, so that a mistyped URL locks
// nobody out. Upstream: authenticationConfigUpdater in pkg/kubeapiserver/authenticator/config.go,
// pkg/kubeapiserver/options/authentication.go

import { isDeepStrictEqual } from 'node:util'
import { aggregateFieldErrors, type FieldError, forbidden, Path } from '#api/meta/field-error.ts'
import type { TokenAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import { cachedTokens } from '#apiserver/authentication/cached-token.ts'
import {
  type CompiledAuthentication,
  compileAuthentication,
} from '#apiserver/authentication/configuration/compile.ts'
import {
  type AuthenticationExpressions,
  authenticationExpressions,
} from '#apiserver/authentication/configuration/expressions.ts'
import {
  type AnonymousConfiguration,
  type AuthenticationConfiguration,
  readAuthenticationConfiguration,
} from '#apiserver/authentication/configuration/file.ts'
import { type OidcAuthenticator, oidcAuthenticator } from '#apiserver/authentication/oidc/authenticator.ts'
import { DEFAULT_ALGORITHMS } from '#apiserver/authentication/oidc/id-token.ts'
import type { Clock } from '#sys/clock.ts'
import { followFile } from '#sys/file-changes.ts'
import type { Logger } from '#sys/log.ts'
import type { Random } from '#sys/random.ts'

export interface LoadedAuthentication {
  readonly compiled: CompiledAuthentication
  readonly expressions: AuthenticationExpressions
  /** The issuers of this server's own tokens, which no other may claim to be. */
  readonly disallowedIssuers: readonly string[]
  /** Followed while the server runs; absent where the configuration comes from flags. */
  readonly file?: { readonly path: string; readonly content: string }
  readonly algorithms?: readonly string[]
  /** Where the file says nothing of anonymous requests. */
  readonly anonymous?: AnonymousConfiguration
}

/** Judges a configuration; throws an Error with all that is wrong with it. */
export function loadAuthentication(
  configuration: AuthenticationConfiguration,
  disallowedIssuers: readonly string[],
): LoadedAuthentication {
  const expressions = authenticationExpressions()
  const compiled = compileAuthentication(configuration, expressions, disallowedIssuers)
  throwIfAny(compiled.errors)
  return { compiled, expressions, disallowedIssuers }
}

function throwIfAny(errors: readonly FieldError[]): void {
  if (errors.length > 0) throw new Error(aggregateFieldErrors(errors))
}

export interface ConfiguredTokens {
  readonly tokens: TokenAuthenticator
  /** Follows the file until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** As upstream has it for every token. */
const SUCCESS_TTL_MS = 10_000
/** So long new issuers may take until they can be asked. */
const TAKEOVER_TIMEOUT_MS = 60_000

export function configuredTokens(
  loaded: LoadedAuthentication,
  base: { readonly clock: Clock; readonly random: Random; readonly log: Logger },
): ConfiguredTokens {
  const { clock, log } = base
  let current = begin(loaded.compiled)

  function begin(compiled: CompiledAuthentication) {
    const controller = new AbortController()
    const algorithms = loaded.algorithms ?? DEFAULT_ALGORITHMS
    const oidc = oidcAuthenticator({ jwt: compiled.jwt, algorithms, clock, log }, controller.signal)
    const cache = { ...base, successTtlMs: SUCCESS_TTL_MS, failureTtlMs: 0 }
    return { controller, oidc, tokens: cachedTokens(oidc, cache) }
  }

  async function takeOver(content: string): Promise<void> {
    const compiled = compileAuthentication(
      readAuthenticationConfiguration(content),
      loaded.expressions,
      loaded.disallowedIssuers,
    )
    const isAnonymousKept = isDeepStrictEqual(compiled.anonymous, loaded.compiled.anonymous)
    const why = forbidden(new Path('anonymous'), 'changed from initial configuration file')
    throwIfAny([...compiled.errors, ...(isAnonymousKept ? [] : [why])])
    const next = begin(compiled)
    try {
      await readyInTime(next.oidc, clock)
    } catch (error) {
      next.controller.abort()
      throw error
    }
    current.controller.abort()
    current = next
    log.info({ file: loaded.file?.path }, 'reloaded authentication config')
  }

  return {
    tokens: {
      name: 'oidc',
      authenticateToken: (token, audiences) => current.tokens.authenticateToken(token, audiences),
    },
    async run(signal) {
      signal.addEventListener('abort', () => current.controller.abort(), { once: true })
      if (signal.aborted) current.controller.abort()
      if (!loaded.file) return
      const onFailure = (error: Error) =>
        log.error({ error: error.message }, 'the changed authentication config is not taken over')
      const { path, content } = loaded.file
      await followFile({ file: path, content, clock, onContent: takeOver, onFailure }, signal)
    },
  }
}

async function readyInTime(oidc: OidcAuthenticator, clock: Clock): Promise<void> {
  const waiting = new AbortController()
  const timer = clock.after(TAKEOVER_TIMEOUT_MS, () => waiting.abort())
  try {
    await oidc.whenReady(waiting.signal)
  } finally {
    timer.cancel()
  }
}
