// Service account tokens as credentials: is the token in force, and does what it is bound to still exist?
//
// A token dies with its service account, and with the pod, node or Secret that it was made for; whether these exist is
// read from the server's caches for each request, with a live read where a cache does not know the object (it may be
// milliseconds old). Upstream: pkg/serviceaccount/{claims,legacy}.go,
// pkg/controller/serviceaccount/tokengetter.go

import { timingSafeEqual } from 'node:crypto'
import type { KubeObject } from '#api/meta/object.ts'
import { unauthorized } from '#api/meta/status.ts'
import type { Node, Pod, Secret, ServiceAccount } from '#api/types/core.ts'
import type { TokenAuthenticator, TokenIdentity } from '#apiserver/authentication/bearer-token.ts'
import {
  serviceAccountGroups,
  serviceAccountUser,
  splitServiceAccountUser,
} from '#apiserver/authentication/service-account-names.ts'
import {
  audiencesOf,
  type ClaimsReader,
  type ObjectRef,
  type TokenClaims,
} from '#apiserver/authentication/token-claims.ts'
import type { UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'

/** Objects that tokens are bound to; undefined where they do not exist. */
export interface TokenLookups {
  serviceAccount(namespace: string, name: string): Promise<ServiceAccount | undefined>
  pod(namespace: string, name: string): Promise<Pod | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  node(name: string): Promise<Node | undefined>
}

export interface ServiceAccountTokenOptions {
  readonly claims: ClaimsReader
  readonly lookups: TokenLookups
  /** Those of this server: what tokens without audiences are taken to have. */
  readonly audiences: readonly string[]
  readonly clock: Clock
}

export const LEGACY_ISSUER = 'kubernetes/serviceaccount'

/** Clocks differ a little. */
const LEEWAY_SECONDS = 60
const EXTRA = 'authentication.kubernetes.io/'
const INVALID_SINCE = 'kubernetes.io/legacy-token-invalid-since'

export function serviceAccountTokenAuthenticator(options: ServiceAccountTokenOptions): TokenAuthenticator {
  return {
    name: 'service account token',
    async authenticateToken(token, requested): Promise<TokenIdentity | undefined> {
      const claims = await options.claims.read(token)
      if (!claims) return undefined
      const own = audiencesOf(claims)
      const granted = (own.length > 0 ? own : options.audiences).filter((audience) =>
        requested.includes(audience),
      )
      if (granted.length === 0 && options.audiences.length > 0) {
        const text = (list: readonly string[]) => `[${list.map((name) => JSON.stringify(name)).join(' ')}]`
        throw unauthorized(
          `token audiences ${text(own.length > 0 ? own : options.audiences)} is invalid for the target audiences ${text(requested)}`,
        )
      }
      const user =
        claims.iss === LEGACY_ISSUER
          ? await judgeLegacy(token, claims, options.lookups)
          : await judgeBound(claims, options.lookups, options.clock.now())
      return { user, audiences: granted }
    },
  }
}

async function judgeBound(claims: TokenClaims, lookups: TokenLookups, now: number): Promise<UserInfo> {
  checkTimes(claims, now / 1000)
  const bound = claims['kubernetes.io'] ?? {}
  const namespace = bound.namespace ?? ''
  const { name = '', uid = '' } = bound.serviceaccount ?? {}
  const account = await lookups.serviceAccount(namespace, name)
  if (!account) throw unauthorized(`serviceaccounts ${JSON.stringify(name)} not found`)
  if ((account.metadata?.uid ?? '') !== uid) {
    throw unauthorized(`service account UID (${account.metadata?.uid ?? ''}) does not match claim (${uid})`)
  }
  if (isGone(account, now)) throw unauthorized(`service account ${namespace}/${name} has been deleted`)
  if (bound.secret)
    checkBound('secret', bound.secret, await lookups.secret(namespace, bound.secret.name ?? ''), now)
  if (bound.pod) checkBound('pod', bound.pod, await lookups.pod(namespace, bound.pod.name ?? ''), now)
  else if (bound.node) checkBound('node', bound.node, await lookups.node(bound.node.name ?? ''), now)
  return {
    name: serviceAccountUser(namespace, name),
    uid,
    groups: serviceAccountGroups(namespace),
    extra: extraOf(claims),
  }
}

function checkTimes(claims: TokenClaims, nowSeconds: number): void {
  if (claims.nbf !== undefined && nowSeconds + LEEWAY_SECONDS < claims.nbf) {
    throw unauthorized('service account token is not valid yet')
  }
  if (claims.exp !== undefined && nowSeconds - LEEWAY_SECONDS > claims.exp) {
    throw unauthorized('service account token has expired')
  }
  if (claims.iat !== undefined && nowSeconds + LEEWAY_SECONDS < claims.iat) {
    throw unauthorized('service account token is issued in the future')
  }
}

function checkBound(kind: string, ref: ObjectRef, object: KubeObject | undefined, now: number): void {
  if (!object) throw unauthorized('service account token has been invalidated')
  if ((object.metadata?.uid ?? '') !== (ref.uid ?? '')) {
    throw unauthorized(
      `${kind} UID (${object.metadata?.uid ?? ''}) does not match service account ${kind} ref claim (${ref.uid ?? ''})`,
    )
  }
  if (isGone(object, now)) throw unauthorized('service account token has been invalidated')
}

/** Deleted longer ago than clocks may differ; a pod that is terminating still needs its token to end well. */
function isGone(object: KubeObject, now: number): boolean {
  const at = object.metadata?.deletionTimestamp
  return at !== undefined && Date.parse(at) < now - LEEWAY_SECONDS * 1000
}

function extraOf(claims: TokenClaims): Record<string, readonly string[]> {
  const { pod, node } = claims['kubernetes.io'] ?? {}
  return {
    ...(claims.jti && { [`${EXTRA}credential-id`]: [`JTI=${claims.jti}`] }),
    ...(node?.name && { [`${EXTRA}node-name`]: [node.name] }),
    ...(node?.name && node.uid && { [`${EXTRA}node-uid`]: [node.uid] }),
    ...(pod?.name && pod.uid && { [`${EXTRA}pod-name`]: [pod.name], [`${EXTRA}pod-uid`]: [pod.uid] }),
  }
}

/** Tokens that the token controller wrote into Secrets: without expiry, in force as long as the Secret holds them. */
async function judgeLegacy(token: string, claims: TokenClaims, lookups: TokenLookups): Promise<UserInfo> {
  const claim = (
    name: 'namespace' | 'secret.name' | 'service-account.name' | 'service-account.uid',
    word: string,
  ) => {
    const value = claims[`kubernetes.io/serviceaccount/${name}`]
    if (!value) throw unauthorized(`${word} claim is missing`)
    return value
  }
  if (!claims.sub) throw unauthorized('sub claim is missing')
  const namespace = claim('namespace', 'namespace')
  const secretName = claim('secret.name', 'secretName')
  const name = claim('service-account.name', 'serviceAccountName')
  const uid = claim('service-account.uid', 'serviceAccountUID')
  const subject = splitServiceAccountUser(claims.sub)
  if (subject?.namespace !== namespace || subject.name !== name) throw unauthorized('sub claim is invalid')

  const secret = await lookups.secret(namespace, secretName)
  if (!secret || secret.metadata?.deletionTimestamp) throw unauthorized('Token has been invalidated')
  if (!holdsToken(secret, token)) throw unauthorized("Token does not match server's copy")
  const account = await lookups.serviceAccount(namespace, name)
  if (!account) throw unauthorized(`serviceaccounts ${JSON.stringify(name)} not found`)
  if (account.metadata?.deletionTimestamp)
    throw unauthorized(`ServiceAccount ${namespace}/${name} has been deleted`)
  if (account.metadata?.uid !== uid) {
    throw unauthorized(`ServiceAccount UID (${account.metadata?.uid ?? ''}) does not match claim (${uid})`)
  }
  if (secret.metadata?.labels?.[INVALID_SINCE]) {
    throw unauthorized(
      `the token in secret ${namespace}/${secretName} for service account ${namespace}/${name} has been marked invalid. Use tokens from the TokenRequest API or manually created secret-based tokens, or remove the '${INVALID_SINCE}' label from the secret to temporarily allow use of this token`,
    )
  }
  return { name: serviceAccountUser(namespace, name), uid, groups: serviceAccountGroups(namespace) }
}

function holdsToken(secret: Secret, token: string): boolean {
  const held = Buffer.from(secret.data?.['token'] ?? '', 'base64')
  const given = Buffer.from(token)
  return held.length === given.length && timingSafeEqual(held, given)
}
