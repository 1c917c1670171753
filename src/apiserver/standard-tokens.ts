// The kinds of tokens that a real cluster knows, in their order, and where what they are bound to is looked up.
//
// Upstream: pkg/kubeapiserver/authenticator/config.go

import { nodes, pods, secrets, serviceAccounts } from '#api/resources.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import { forThisServer, type TokenAuthenticator, tokenUnion } from '#apiserver/authentication/bearer-token.ts'
import { bootstrapTokenAuthenticator } from '#apiserver/authentication/bootstrap-token.ts'
import { cachedTokens } from '#apiserver/authentication/cached-token.ts'
import {
  LEGACY_ISSUER,
  serviceAccountTokenAuthenticator,
  type TokenLookups,
} from '#apiserver/authentication/service-account-token.ts'
import { claimsReader } from '#apiserver/authentication/token-claims.ts'
import { type ReviewVersion, webhookTokenAuthenticator } from '#apiserver/authentication/webhook-token.ts'
import { unlessNotFound } from '#apiserver/bootstrap/ensure.ts'
import { createWebhook } from '#apiserver/outbound/webhook.ts'
import type { HttpsTarget } from '#sys/https.ts'
import type { TokenKeys } from '#sys/token-keys.ts'

export interface TokenWebhookOptions {
  readonly target: HttpsTarget
  readonly version: ReviewVersion
  /** How long its verdicts are good, refusals too. */
  readonly cacheTtlMs: number
}

export interface StandardTokenOptions {
  readonly keys: TokenKeys
  /** Of this server's own tokens, and its one audience. */
  readonly issuer: string
  /** Tokens of other issuers. */
  readonly configured: TokenAuthenticator | undefined
  readonly webhook: TokenWebhookOptions | undefined
}

const WEBHOOK_TIMEOUT_MS = 30_000

/** Upstream's order: this server's own tokens first, those of others last, since they may cost a request. */
export function standardTokens(access: ServerAccess, options: StandardTokenOptions): TokenAuthenticator {
  const { client, clock } = access
  const { keys, issuer, configured, webhook } = options
  const audiences = [issuer]
  const bootstrap = bootstrapTokenAuthenticator({
    secret: (name) => unlessNotFound(client.resource(secrets).get('kube-system', name)),
    clock,
  })
  return tokenUnion([
    serviceAccountTokenAuthenticator({
      claims: claimsReader(keys.verifying, [issuer, LEGACY_ISSUER]),
      lookups: cachedLookups(access),
      audiences,
      clock,
    }),
    forThisServer(bootstrap, audiences),
    ...(configured ? [forThisServer(configured, audiences)] : []),
    ...(webhook ? [tokenWebhook(webhook, audiences, access)] : []),
  ])
}

function tokenWebhook(
  { target, version, cacheTtlMs }: TokenWebhookOptions,
  audiences: readonly string[],
  { clock, random }: ServerAccess,
): TokenAuthenticator {
  const webhook = createWebhook({ target, timeoutMs: WEBHOOK_TIMEOUT_MS, clock, random })
  const ttl = { successTtlMs: cacheTtlMs, failureTtlMs: cacheTtlMs }
  return cachedTokens(webhookTokenAuthenticator({ webhook, version, audiences }), { ...ttl, clock, random })
}

/** From the store, as it is now. */
export function liveLookups({ client }: ServerAccess): TokenLookups {
  return {
    serviceAccount: (namespace, name) =>
      unlessNotFound(client.resource(serviceAccounts).get(namespace, name)),
    pod: (namespace, name) => unlessNotFound(client.resource(pods).get(namespace, name)),
    secret: (namespace, name) => unlessNotFound(client.resource(secrets).get(namespace, name)),
    node: (name) => unlessNotFound(client.resource(nodes).get('', name)),
  }
}

/** From the caches, and from the store where these do not know an object (yet). Few tokens are bound to Secrets. */
function cachedLookups(access: ServerAccess): TokenLookups {
  const { informers } = access
  const live = liveLookups(access)
  const known = {
    accounts: informers.informer(serviceAccounts),
    pods: informers.informer(pods),
    nodes: informers.informer(nodes),
  }
  return {
    ...live,
    serviceAccount: async (namespace, name) =>
      known.accounts.get(`${namespace}/${name}`) ?? live.serviceAccount(namespace, name),
    pod: async (namespace, name) => known.pods.get(`${namespace}/${name}`) ?? live.pod(namespace, name),
    node: async (name) => known.nodes.get(name) ?? live.node(name),
  }
}
