// Bearer tokens: finds the token in a request and asks the kinds of tokens in their order.
//
// A token comes in `Authorization: Bearer …`, or, from browsers that can set no headers on a WebSocket, as one of its
// subprotocols. A token that nobody knows is refused. The same list answers TokenReviews.
// Upstream: staging/src/k8s.io/apiserver/pkg/authentication/{request/bearertoken,request/websocket,token/union}

import { StatusError, unauthorized } from '#api/meta/status.ts'
import { headerValues } from '#apiserver/authentication/chain.ts'
import type { Authenticator, RequestHead, UserInfo } from '#apiserver/request.ts'

export interface TokenIdentity {
  readonly user: UserInfo
  /** The audiences asked for that the token has; absent where the kind of token knows none. */
  readonly audiences?: readonly string[]
}

/** One kind of token. Undefined: not mine. Throws StatusError 401 with the reason: mine and wrong. */
export interface TokenAuthenticator {
  readonly name: string
  authenticateToken(token: string, audiences: readonly string[]): Promise<TokenIdentity | undefined>
}

/** Asks all; the first that knows the token decides, else the reasons of all who refused it are thrown. */
export function tokenUnion(authenticators: readonly TokenAuthenticator[]): TokenAuthenticator {
  return {
    name: 'token',
    async authenticateToken(token, audiences) {
      const reasons: string[] = []
      for (const authenticator of authenticators) {
        try {
          const identity = await authenticator.authenticateToken(token, audiences)
          if (identity) return identity
        } catch (error) {
          if (!(error instanceof StatusError) || error.code !== 401) throw error
          reasons.push(error.message)
        }
      }
      if (reasons.length === 0) return undefined
      throw unauthorized(reasons.length === 1 ? reasons[0] : `[${reasons.join(', ')}]`)
    },
  }
}

/** A kind of token that knows no audiences: it is good for this server, and so for whoever asks for one of its names. */
export function forThisServer(
  tokens: TokenAuthenticator,
  serverAudiences: readonly string[],
): TokenAuthenticator {
  return {
    name: tokens.name,
    async authenticateToken(token, wanted) {
      const audiences = serverAudiences.filter((audience) => wanted.includes(audience))
      if (wanted.length > 0 && audiences.length === 0) return undefined
      const identity = await tokens.authenticateToken(token, wanted)
      return identity && { ...identity, audiences }
    },
  }
}

/** `audiences`: those of this server. */
export function bearerAuthenticator(tokens: TokenAuthenticator, audiences: readonly string[]): Authenticator {
  return {
    name: 'bearer token',
    async authenticate(head) {
      const token = bearerToken(head)
      if (token === undefined) return undefined
      const identity = await tokens.authenticateToken(token, audiences)
      if (!identity) throw unauthorized('invalid bearer token')
      return identity.user
    },
  }
}

const WEBSOCKET_PREFIX = 'base64url.bearer.authorization.k8s.io.'

function bearerToken(head: RequestHead): string | undefined {
  const [scheme, token] = (headerValues(head, 'authorization')[0] ?? '').trim().split(' ')
  if (scheme?.toLowerCase() === 'bearer' && token) return token
  if (headerValues(head, 'upgrade')[0]?.toLowerCase() !== 'websocket') return undefined
  const protocols = headerValues(head, 'sec-websocket-protocol').flatMap((value) => value.split(','))
  const found = protocols.map((protocol) => protocol.trim()).find((name) => name.startsWith(WEBSOCKET_PREFIX))
  if (found === undefined) return undefined
  return Buffer.from(found.slice(WEBSOCKET_PREFIX.length), 'base64url').toString('utf8') || undefined
}
