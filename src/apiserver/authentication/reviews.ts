// TokenReview and SelfSubjectReview: authentication as a question that others ask.
//
// Upstream: pkg/registry/authentication/{tokenreview,selfsubjectreview}

import { badRequest, internalError, StatusError } from '#api/meta/status.ts'
import type { UserInfo as ReviewedUser, SelfSubjectReview, TokenReview } from '#api/types/authentication.ts'
import type { TokenAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import { withAuthenticatedGroup } from '#apiserver/authentication/chain.ts'
import type { UserInfo } from '#apiserver/request.ts'
import { type Clock, formatTime } from '#sys/clock.ts'

/** Answers whether a token is good here, for one of the audiences asked for (default: those of this server). */
export async function reviewToken(
  review: TokenReview,
  tokens: TokenAuthenticator,
  serverAudiences: readonly string[],
): Promise<TokenReview> {
  const { token = '', audiences: asked = [] } = review.spec
  if (token === '') throw badRequest('token is required for TokenReview in authentication')
  const audiences = asked.length > 0 ? asked : serverAudiences
  try {
    const identity = await tokens.authenticateToken(token, audiences)
    if (!identity) return { ...review, status: { user: {}, error: 'invalid bearer token' } }
    // A kind of token without audiences is good for this server alone.
    const granted = (identity.audiences ?? serverAudiences).filter((audience) => audiences.includes(audience))
    if (granted.length === 0 && audiences.length > 0) {
      throw internalError('error validating audience')
    }
    const user = reviewedUser(withAuthenticatedGroup(identity.user))
    return { ...review, status: { authenticated: true, user, audiences: granted } }
  } catch (error) {
    if (!(error instanceof StatusError) || error.code !== 401) throw error
    return { ...review, status: { user: {}, error: error.message } }
  }
}

/** Answers who the asker is. */
export function reviewSelf(user: UserInfo, clock: Clock): SelfSubjectReview {
  return {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'SelfSubjectReview',
    metadata: { creationTimestamp: formatTime(clock.now()) },
    status: { userInfo: reviewedUser(user) },
  }
}

function reviewedUser(user: UserInfo): ReviewedUser {
  const extra = Object.entries(user.extra ?? {})
  return {
    username: user.name,
    ...(user.uid && { uid: user.uid }),
    groups: user.groups,
    ...(extra.length > 0 && { extra: Object.fromEntries(extra) }),
  }
}
