// The authorizers of this server as the variable `authorizer` of an expression.
//
// An expression asks for the user of the request, or for a service account, and gets the answer that a request would get.
// Upstream: staging/src/k8s.io/apiserver/pkg/cel/library/authz.go

import { type AccessQuestion, celAuthorizer } from '#api/cel/library/authorizer.ts'
import { serviceAccountGroups, serviceAccountUser } from '#apiserver/authentication/service-account-names.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

/** `requested`: the resource of the request, which expressions call `authorizer.requestResource`. */
export function expressionAuthorizer(
  authorization: Authorization,
  user: UserInfo,
  requested: Omit<AccessQuestion, 'verb'>,
): object {
  return celAuthorizer(async (question) => {
    const { serviceAccount } = question
    const asker = serviceAccount ? accountUser(serviceAccount) : user
    const { decision, reason, error } = await authorization.authorize(asker, infoOf(question))
    return { allowed: decision === 'allow', reason, ...(error !== undefined && { error }) }
  }, requested)
}

const accountUser = ({ namespace, name }: { namespace: string; name: string }): UserInfo => ({
  name: serviceAccountUser(namespace, name),
  groups: serviceAccountGroups(namespace),
})

function infoOf(question: AccessQuestion): RequestInfo {
  const { verb, path, group = '', resource = '', subresource = '', namespace = '', name = '' } = question
  const { fieldSelector, labelSelector } = question
  return {
    isResourceRequest: path === undefined,
    verb,
    apiPrefix: '',
    group,
    version: path === undefined ? '*' : '',
    namespace,
    resource,
    subresource,
    name,
    parts: [],
    path: path ?? '',
    ...(fieldSelector && { fieldSelector }),
    ...(labelSelector && { labelSelector }),
  }
}
