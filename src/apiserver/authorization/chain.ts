// Whether a user may do what a request says: the authorizers in their order, and the 403 that a client sees.
//
// system:masters ▶ Node ▶ RBAC, as upstream with --authorization-mode=Node,RBAC. The first that allows or denies
// decides; when nobody has an opinion the answer is no, with the reasons of all who gave one.
// Upstream: staging/src/k8s.io/apiserver/pkg/authorization/union,
// staging/src/k8s.io/apiserver/pkg/endpoints/{filters/authorization.go,handlers/responsewriters/errors.go}

import { forbidden, type StatusError } from '#api/meta/status.ts'
import type { Authorizer, Decision, RequestInfo, UserInfo } from '#apiserver/request.ts'

export interface Authorization {
  authorize(user: UserInfo, info: RequestInfo): Promise<Decision>
  /** Throws the 403 that the client is to see when the request is not allowed. */
  require(user: UserInfo, info: RequestInfo): Promise<void>
}

export function createAuthorization(authorizers: readonly Authorizer[]): Authorization {
  async function authorize(user: UserInfo, info: RequestInfo): Promise<Decision> {
    const reasons: string[] = []
    for (const authorizer of authorizers) {
      const decision = await authorizer.authorize(user, info)
      if (decision.decision !== 'no-opinion') return decision
      if (decision.reason !== '') reasons.push(decision.reason)
    }
    return { decision: 'no-opinion', reason: reasons.join('\n') }
  }

  return {
    authorize,
    async require(user, info) {
      const decision = await authorize(user, info)
      if (decision.decision !== 'allow') throw forbiddenRequest(user, info, decision.reason)
    },
  }
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
