// Whether a user may do what a request says: the authorizers in their order, and the 403 that a client sees.
//
// system:masters ▶ Node ▶ RBAC where nothing else is configured. The first that allows or denies decides; when nobody has
// an opinion the answer is no, with the reasons of all who gave one. Where an authorizer could not do its work, a request
// that nobody allowed fails with that, so that an outage is not taken for a missing right.
// Upstream: staging/src/k8s.io/apiserver/pkg/authorization/union,
// staging/src/k8s.io/apiserver/pkg/endpoints/{filters/authorization.go,handlers/responsewriters/errors.go}

import { failure, forbidden, type StatusError } from '#api/meta/status.ts'
import type { Authorizer, Decision, RequestInfo, UserInfo } from '#apiserver/request.ts'

export interface Authorization {
  authorize(user: UserInfo, info: RequestInfo): Promise<Decision>
  /** Throws the 403 that the client is to see when the request is not allowed. */
  require(user: UserInfo, info: RequestInfo): Promise<void>
}

export function createAuthorization(authorizers: readonly Authorizer[]): Authorization {
  const authorize = (user: UserInfo, info: RequestInfo) => askAll(authorizers, user, info)
  return {
    authorize,
    async require(user, info) {
      const decision = await authorize(user, info)
      if (decision.decision !== 'allow') throw refusalOf(user, info, decision)
    },
  }
}

/** Asks one after the other until one allows or denies. */
export async function askAll(
  authorizers: readonly Authorizer[],
  user: UserInfo,
  info: RequestInfo,
): Promise<Decision> {
  const reasons: string[] = []
  const errors: string[] = []
  for (const authorizer of authorizers) {
    const decision = await authorizer.authorize(user, info)
    if (decision.decision !== 'no-opinion') return decision
    if (decision.reason !== '') reasons.push(decision.reason)
    if (decision.error !== undefined) errors.push(decision.error)
  }
  const error = errors.length > 1 ? `[${errors.join(', ')}]` : errors[0]
  return { decision: 'no-opinion', reason: reasons.join('\n'), ...(error !== undefined && { error }) }
}

/** What the client sees of a decision that does not allow; where an authorizer failed, nobody knows, and it is no 403. */
export function refusalOf(user: UserInfo, info: RequestInfo, { reason, error }: Decision): StatusError {
  if (error === undefined) return forbiddenRequest(user, info, reason)
  return failure(500, 'InternalError', `Internal Server Error: ${JSON.stringify(info.path)}: ${error}`)
}

/** `pods "x" is forbidden: User "bob" cannot get resource "pods" in API group "" in the namespace "default"` */
export function forbiddenRequest(user: UserInfo, info: RequestInfo, reason: string): StatusError {
  const text = withoutMarkup(describe(user, info))
  const why = reason === '' ? text : `${text}: ${reason}`
  return forbidden({ group: info.group, resource: info.resource }, info.name, why)
}

function describe(user: UserInfo, info: RequestInfo): string {
  const who = `User ${JSON.stringify(user.name)} cannot ${info.verb}`
  if (!info.isResourceRequest) return `${who} path ${JSON.stringify(info.path)}`
  const resource = info.subresource === '' ? info.resource : `${info.resource}/${info.subresource}`
  const scope =
    info.namespace === '' ? 'at the cluster scope' : `in the namespace ${JSON.stringify(info.namespace)}`
  return `${who} resource ${JSON.stringify(resource)} in API group ${JSON.stringify(info.group)} ${scope}`
}

/** No answer of ours can be taken for HTML by a browser. */
function withoutMarkup(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
