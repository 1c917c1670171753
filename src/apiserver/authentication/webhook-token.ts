// Tokens that somebody else knows: each is sent to a webhook as a TokenReview, whose status says whose it is.
//
// The webhook may say for which audiences the token is; where it does not, it is good for this server alone. A webhook
// that does not answer refuses: its tokens must not become anonymous requests.
// Upstream: staging/src/k8s.io/apiserver/plugin/pkg/authenticator/token/webhook/webhook.go

import type { JsonObject } from '#api/meta/object.ts'
import { unauthorized } from '#api/meta/status.ts'
import type { UserInfo as ReviewedUser, TokenReview } from '#api/types/authentication.ts'
import type { TokenAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import type { Webhook } from '#apiserver/outbound/webhook.ts'
import type { UserInfo } from '#apiserver/request.ts'

export type ReviewVersion = 'v1' | 'v1beta1'

export interface WebhookTokenOptions {
  readonly webhook: Webhook
  readonly version: ReviewVersion
  /** Those of this server: what a token has of which the webhook tells none. */
  readonly audiences: readonly string[]
}

export function webhookTokenAuthenticator(options: WebhookTokenOptions): TokenAuthenticator {
  return {
    name: 'webhook token',
    async authenticateToken(token, wanted) {
      const { status } = await ask(options, token, wanted)
      if (!status) return undefined
      const told = status.audiences?.length ? status.audiences : options.audiences
      const audiences = told.filter((audience) => wanted.includes(audience))
      if (wanted.length > 0 && audiences.length === 0) return undefined
      if (!status.authenticated) {
        if (status.error) throw unauthorized(status.error)
        return undefined
      }
      return { user: userOf(status.user ?? {}), audiences }
    },
  }
}

async function ask(
  { webhook, version }: WebhookTokenOptions,
  token: string,
  audiences: readonly string[],
): Promise<TokenReview> {
  const review = {
    apiVersion: `authentication.k8s.io/${version}`,
    kind: 'TokenReview',
    metadata: {},
    spec: { token, audiences },
    status: { user: {} },
  }
  try {
    return (await webhook.ask(review satisfies JsonObject)) as unknown as TokenReview
  } catch (error) {
    throw unauthorized((error as Error).message)
  }
}

function userOf({ username = '', uid, groups = [], extra }: ReviewedUser): UserInfo {
  return { name: username, groups, ...(uid && { uid }), ...(extra && { extra }) }
}
