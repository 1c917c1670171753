// One request on its way through the pipeline: the words that all its stages share.
//
// authenticate ▶ audit ▶ authorize ▶ admit (mutate) ▶ default+validate ▶ admit (validate) ▶ registry ▶ store.
// Upstream: staging/src/k8s.io/apiserver/pkg/{authentication/user,endpoints/request,authorization/authorizer}

import type { KindUser } from '#api/kinds/kind.ts'

/** Who asks. */
export type UserInfo = KindUser

/** What a path and method mean (upstream: RequestInfo). */
export interface RequestInfo {
  readonly isResourceRequest: boolean
  /** `get`, `list`, `watch`, `create`, `update`, `patch`, `delete`, `deletecollection`; or the HTTP method in lower case. */
  readonly verb: string
  /** `api` or `apis`; '' for other paths. */
  readonly apiPrefix: string
  readonly group: string
  readonly version: string
  readonly namespace: string
  /** Plural resource name; '' for other paths. */
  readonly resource: string
  readonly subresource: string
  readonly name: string
  /** What follows the subresource: the path behind `proxy`. */
  readonly parts: readonly string[]
  /** Decoded path without query. */
  readonly path: string
  readonly labelSelector?: string
  readonly fieldSelector?: string
}

/** What a stage may know of the HTTP request; header names in lower case. */
export interface RequestHead {
  readonly method: string
  /** Path without query, decoded. */
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | readonly string[] | undefined>>
  /** DER of the client's certificate chain, leaf first; absent without one. Verified against nothing yet. */
  readonly clientCertificates?: readonly Uint8Array[]
  readonly remoteAddress: string
}

/**
 * Finds out who asks. Undefined: these credentials are not mine, ask the next. Throws StatusError 401 when
 * they are mine and wrong.
 */
export interface Authenticator {
  readonly name: string
  authenticate(head: RequestHead): Promise<UserInfo | undefined>
}

export interface Decision {
  readonly decision: 'allow' | 'deny' | 'no-opinion'
  readonly reason: string
  /** Why the authorizer could not do its work: a request that is not allowed then fails with it rather than with 403. */
  readonly error?: string
}

/** Decides whether `user` may do what `info` says. The first that is not `no-opinion` counts. */
export interface Authorizer {
  readonly name: string
  authorize(user: UserInfo, info: RequestInfo): Promise<Decision>
}
