// The keys of an issuer of tokens, found by discovery and fetched when they are needed.
//
// The issuer's discovery document is asked for until it is there: an issuer may run in the very cluster that it serves.
// Its keys are fetched at the first token and again when a token is signed by a key that is not among them: that is how
// keys rotate. Tokens of attackers name unknown keys too, so after a fetch in vain there is a pause.
// Invariant: at most one request to an issuer is under way. Upstream: github.com/coreos/go-oidc/{oidc,jwks}.go

import {
  type CryptoKey,
  createLocalJWKSet,
  type FlattenedJWSInput,
  type JSONWebKeySet,
  type JWSHeaderParameters,
} from 'jose'
import { parsePlain } from '#api/codec/json.ts'
import type { Issuer } from '#apiserver/authentication/configuration/file.ts'
import type { Clock } from '#sys/clock.ts'
import { type HttpsTarget, sendHttps } from '#sys/https.ts'
import type { Logger } from '#sys/log.ts'

export interface IssuerKeys {
  /** The key for a token's header; throws where the issuer has none, or does not answer. */
  find(header: JWSHeaderParameters, token: FlattenedJWSInput): Promise<CryptoKey>
  /** Why tokens cannot be verified (yet); undefined when they can. */
  problem(): string | undefined
  /** Resolves when discovery has succeeded. */
  readonly ready: Promise<void>
}

export interface IssuerKeysOptions {
  readonly issuer: Issuer
  readonly clock: Clock
  readonly log: Logger
}

const REQUEST_TIMEOUT_MS = 30_000
const DISCOVERY_PAUSE_MS = 10_000
/** After a fetch that did not bring the key that was looked for. */
const VAIN_PAUSE_MS = 1_000

type KeySet = ReturnType<typeof createLocalJWKSet>

/** `signal` ends the attempts at discovery. */
export function issuerKeys(options: IssuerKeysOptions, signal: AbortSignal): IssuerKeys {
  const { issuer, clock, log } = options
  const url = issuer.url ?? ''
  let problem: string | undefined = `oidc: authenticator for issuer ${JSON.stringify(url)} is not initialized`
  let keysUrl: string | undefined
  let keySet: KeySet | undefined
  let fetching: Promise<KeySet> | undefined
  let vainUntil = Number.NEGATIVE_INFINITY

  async function discoverUntilFound(): Promise<void> {
    while (!signal.aborted) {
      try {
        keysUrl = await discover(issuer, clock)
        problem = undefined
        return
      } catch (error) {
        problem = messageOf(error)
        log.warn(
          { issuer: url, error: problem },
          'the discovery document of an issuer of tokens cannot be had',
        )
        await clock.sleep(DISCOVERY_PAUSE_MS, signal).catch(() => undefined)
      }
    }
  }

  async function refresh(): Promise<KeySet> {
    fetching ??= fetchKeys(targetOf(issuer, keysUrl ?? ''), clock).finally(() => {
      fetching = undefined
    })
    keySet = await fetching
    return keySet
  }

  return {
    async find(header, token) {
      if (keysUrl === undefined) throw new Error('oidc: authenticator not initialized')
      const known = keySet && (await keyIn(keySet, header, token))
      if (known) return known
      if (clock.monotonic() >= vainUntil) {
        const fetched = await keyIn(await refresh(), header, token)
        if (fetched) return fetched
        vainUntil = clock.monotonic() + VAIN_PAUSE_MS
      }
      throw new Error('failed to verify id token signature')
    },
    problem: () => problem,
    ready: discoverUntilFound(),
  }
}

async function keyIn(
  keys: KeySet,
  header: JWSHeaderParameters,
  token: FlattenedJWSInput,
): Promise<CryptoKey | undefined> {
  try {
    return await keys(header, token)
  } catch {
    return undefined
  }
}

/** Where the issuer's keys are. */
async function discover(issuer: Issuer, clock: Clock): Promise<string> {
  const url = issuer.url ?? ''
  const where = issuer.discoveryURL || `${url.replace(/\/$/, '')}/.well-known/openid-configuration`
  const document = await getJson(
    targetOf(issuer, where),
    clock,
    'oidc: failed to decode provider discovery object',
  )
  if (document['issuer'] !== url) {
    throw new Error(
      `oidc: issuer did not match the issuer returned by provider, expected ${JSON.stringify(url)} got ${JSON.stringify(document['issuer'] ?? '')}`,
    )
  }
  const keys = document['jwks_uri']
  if (typeof keys !== 'string' || !keys.startsWith('https://'))
    throw new Error('provider did not return JWKS URL')
  return keys
}

async function fetchKeys(target: HttpsTarget, clock: Clock): Promise<KeySet> {
  try {
    const document = await getJson(target, clock, 'oidc: failed to decode keys')
    return createLocalJWKSet(document as unknown as JSONWebKeySet)
  } catch (error) {
    throw new Error(`fetching keys oidc: get keys failed ${messageOf(error)}`, { cause: error })
  }
}

async function getJson(target: HttpsTarget, clock: Clock, failure: string): Promise<Record<string, unknown>> {
  const { code, text } = await sendHttps(target, undefined, REQUEST_TIMEOUT_MS, clock)
  if (code !== 200) throw new Error(`${code}: ${text.slice(0, 200)}`)
  const value = parsePlain(text)
  if (typeof value !== 'object' || value === null) throw new Error(`${failure}: ${text.slice(0, 200)}`)
  return value as Record<string, unknown>
}

const targetOf = (issuer: Issuer, url: string): HttpsTarget => ({
  url,
  ...(issuer.certificateAuthority && { ca: issuer.certificateAuthority }),
})

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))
