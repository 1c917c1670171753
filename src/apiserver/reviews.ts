// The review kinds, which are answered on the spot and never stored, by `resource.group`.
//
// Upstream: pkg/registry/{authentication,authorization}/rest

import type { JsonObject } from '#api/meta/object.ts'
import type { SelfSubjectReview, TokenReview } from '#api/types/authentication.ts'
import type {
  LocalSubjectAccessReview,
  SelfSubjectAccessReview,
  SelfSubjectRulesReview,
  SubjectAccessReview,
} from '#api/types/authorization.ts'
import type { TokenAuthenticator } from '#apiserver/authentication/bearer-token.ts'
import { reviewSelf, reviewToken } from '#apiserver/authentication/reviews.ts'
import { reviewAccess, reviewLocalAccess, reviewOwnAccess } from '#apiserver/authorization/access-review.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { RuleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import { reviewRules } from '#apiserver/authorization/rules-review.ts'
import type { UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'

/** Answers a decoded and admitted review of the user who asks; throws StatusError. */
export type Review = (review: JsonObject, user: UserInfo) => Promise<JsonObject>

export interface ReviewDependencies {
  readonly tokens: TokenAuthenticator
  /** Audiences of this server. */
  readonly audiences: readonly string[]
  readonly authorization: Authorization
  readonly resolver: RuleResolver
  /** Authorizers that are asked but whose rules cannot be listed, by the word for their kind. */
  unlisted?(): readonly string[]
  readonly clock: Clock
}

export function createReviews(dependencies: ReviewDependencies): Readonly<Record<string, Review>> {
  const { tokens, audiences, authorization, resolver, clock } = dependencies
  return {
    'tokenreviews.authentication.k8s.io': answer<TokenReview>((review) =>
      reviewToken(review, tokens, audiences),
    ),
    'selfsubjectreviews.authentication.k8s.io': answer<SelfSubjectReview>(async (_review, user) =>
      reviewSelf(user, clock),
    ),
    'subjectaccessreviews.authorization.k8s.io': answer<SubjectAccessReview>((review) =>
      reviewAccess(review, authorization),
    ),
    'localsubjectaccessreviews.authorization.k8s.io': answer<LocalSubjectAccessReview>((review) =>
      reviewLocalAccess(review, authorization),
    ),
    'selfsubjectaccessreviews.authorization.k8s.io': answer<SelfSubjectAccessReview>((review, user) =>
      reviewOwnAccess(review, user, authorization),
    ),
    'selfsubjectrulesreviews.authorization.k8s.io': answer<SelfSubjectRulesReview>(async (review, user) =>
      reviewRules(review, user, resolver, dependencies.unlisted?.()),
    ),
  }
}

/** The schema has judged the body's shape; from here on it has its type. */
function answer<T>(evaluate: (review: T, user: UserInfo) => Promise<T>): Review {
  return async (review, user) => (await evaluate(review as unknown as T, user)) as unknown as JsonObject
}
