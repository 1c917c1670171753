// Asks the API server for a token of a service account, and keeps it as long as it is good.
//
// Upstream: pkg/kubelet/token/token_manager.go, staging/src/k8s.io/controller-manager/pkg/clientbuilder

import { serviceAccounts } from '#api/resources.ts'
import type { TokenRequest, TokenRequestSpec } from '#api/types/authentication.ts'
import type { Client } from '#client/client.ts'
import type { Clock } from '#sys/clock.ts'

export interface IssuedToken {
  readonly token: string
  /** Wall time in milliseconds. */
  readonly expiresAt: number
  readonly lifeMs: number
}

/** `expirationSeconds` is a wish: the server says what it became. Rejects with StatusError. */
export async function requestToken(
  client: Client,
  namespace: string,
  account: string,
  spec: TokenRequestSpec & { readonly expirationSeconds: number },
): Promise<IssuedToken> {
  const body: TokenRequest = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenRequest',
    metadata: {},
    spec,
  }
  const answer = (await client
    .resource(serviceAccounts)
    .createSubresource(namespace, account, 'token', body)) as unknown as TokenRequest
  return {
    token: answer.status?.token ?? '',
    expiresAt: Date.parse(answer.status?.expirationTimestamp ?? ''),
    lifeMs: (answer.spec?.expirationSeconds ?? spec.expirationSeconds) * 1000,
  }
}

const TOKEN_SECONDS = 3600
/** Of a token's life, what is left when it is renewed. */
const RENEW_FRACTION = 0.2

export interface TokenSource {
  get(): Promise<string>
  /** Whoever it was shown to does not accept it. */
  reject(token: string): void
}

/** Tokens for the API server itself that live an hour: one at a time, which `ask` gets when there is none that is good. */
export function createTokenSource(
  clock: Clock,
  ask: (spec: {
    readonly audiences: readonly string[]
    readonly expirationSeconds: number
  }) => Promise<IssuedToken>,
): TokenSource {
  const spec = { audiences: [], expirationSeconds: TOKEN_SECONDS }
  let held: IssuedToken | undefined
  let asking: Promise<IssuedToken> | undefined
  return {
    async get() {
      if (held && clock.now() < held.expiresAt - held.lifeMs * RENEW_FRACTION) return held.token
      asking ??= ask(spec).finally(() => (asking = undefined))
      held = await asking
      return held.token
    },
    reject(token) {
      if (held?.token === token) held = undefined
    },
  }
}
