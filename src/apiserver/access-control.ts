// Who may do what, and what is changed or refused on the way in: all that the server asks of access control.
//
// Made by one function that gets a client of the very server it guards (access.ts); server.ts knows no more than this.

import type { TokenRequest } from '#api/types/authentication.ts'
import type { Admission } from '#apiserver/admission/chain.ts'
import type { Authentication } from '#apiserver/authentication/chain.ts'
import type { Impersonation } from '#apiserver/authentication/impersonation.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { WriteHooks } from '#apiserver/registry/dependencies.ts'
import type { Review } from '#apiserver/reviews.ts'

export interface TokenIssuing {
  /** `admit` is called with the defaulted request before the token is made. */
  issue(
    namespace: string,
    name: string,
    request: TokenRequest,
    admit?: (request: TokenRequest) => Promise<void>,
  ): Promise<TokenRequest>
}

/** A document at a path of its own, readable by whom authorization lets: issuer discovery. */
export interface ServedDocument {
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface AccessControl {
  readonly authentication: Authentication
  readonly authorization: Authorization
  readonly admission: Admission
  readonly impersonation?: Impersonation
  /** By `resource.group`. */
  readonly reviews?: Readonly<Record<string, Review>>
  readonly tokenIssuer?: TokenIssuing
  readonly serviceHooks?: WriteHooks
  readonly documents?: readonly ServedDocument[]
  /** Creates the default objects; called once the informers have synced. The server is ready when it resolves. */
  bootstrap?(): Promise<void>
  /** Runs what access control keeps going (bootstrap of roles, repair of allocations) until `signal` aborts. */
  run?(signal: AbortSignal): Promise<void>
}
