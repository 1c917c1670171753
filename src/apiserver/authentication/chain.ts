// Who asks: the authenticators in their order, and what the server calls for each request.
//
// A request passes front proxy headers ▶ client certificate ▶ bearer token ▶ anonymous; the first that knows the
// credentials decides. Whoever is found gets the group system:authenticated. Impersonation (impersonation.ts) comes
// after that, since it has to be authorized. Invariant: no request leaves here without a user, and wrong credentials
// never become anonymous. Upstream: pkg/kubeapiserver/authenticator/config.go,
// staging/src/k8s.io/apiserver/pkg/{authentication/request/union,endpoints/filters/authentication.go}

import { StatusError, unauthorized } from '#api/meta/status.ts'
import type { Authenticator, RequestHead, UserInfo } from '#apiserver/request.ts'

export const AUTHENTICATED_GROUP = 'system:authenticated'
export const UNAUTHENTICATED_GROUP = 'system:unauthenticated'
export const ANONYMOUS_USER = 'system:anonymous'

export interface Authentication {
  /** Finds the user; throws 401 where the credentials are wrong, or absent and anonymous requests are off. */
  authenticate(head: RequestHead): Promise<UserInfo>
}

export interface AuthenticationOptions {
  /** In the order in which they are asked. */
  readonly authenticators: readonly Authenticator[]
  /** Requests without credentials are system:anonymous, everywhere or at these paths; authorization decides what that may do. */
  readonly anonymous: boolean | readonly string[]
  /** Told why credentials were refused; the client only learns `Unauthorized`. */
  onRefused?(head: RequestHead, authenticator: string, error: Error): void
}

export function createAuthentication(options: AuthenticationOptions): Authentication {
  return {
    async authenticate(head) {
      let isRefused = false
      for (const authenticator of options.authenticators) {
        try {
          const user = await authenticator.authenticate(head)
          if (user) return withAuthenticatedGroup(user)
        } catch (error) {
          if (!(error instanceof StatusError) || error.code !== 401) throw error
          options.onRefused?.(head, authenticator.name, error)
          isRefused = true
        }
      }
      if (isRefused || !mayBeAnonymous(options.anonymous, head.path)) throw unauthorized()
      return { name: ANONYMOUS_USER, groups: [UNAUTHENTICATED_GROUP] }
    },
  }
}

const mayBeAnonymous = (anonymous: AuthenticationOptions['anonymous'], path: string): boolean =>
  typeof anonymous === 'boolean' ? anonymous : anonymous.includes(path)

/** Everybody who was found is in system:authenticated, except who says to be anonymous. */
export function withAuthenticatedGroup(user: UserInfo): UserInfo {
  if (user.name === ANONYMOUS_USER) return user
  if (user.groups.includes(AUTHENTICATED_GROUP) || user.groups.includes(UNAUTHENTICATED_GROUP)) return user
  return { ...user, groups: [...user.groups, AUTHENTICATED_GROUP] }
}

/** The values of a header that may come several times; names are in lower case. */
export function headerValues(head: Pick<RequestHead, 'headers'>, name: string): readonly string[] {
  const value = head.headers[name]
  return value === undefined ? [] : typeof value === 'string' ? [value] : value
}

/** Headers whose names start with `prefix`: what follows it, percent-decoded, with all values. */
export function prefixedHeaders(
  head: Pick<RequestHead, 'headers'>,
  prefix: string,
): Record<string, string[]> {
  const found: Record<string, string[]> = {}
  for (const name of Object.keys(head.headers)) {
    if (!name.startsWith(prefix)) continue
    const key = decodeOrKeep(name.slice(prefix.length))
    found[key] = [...(found[key] ?? []), ...headerValues(head, name)]
  }
  return found
}

function decodeOrKeep(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
