// The variable `authorizer` of expressions that judge a request on its way in.

import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import { expressionAuthorizer } from '#apiserver/authorization/expression-authorizer.ts'

/** Asks for the user of the request; `authorizer.requestResource` is what the request is about. */
export function requestAuthorizer(authorization: Authorization, request: AdmissionRequest): object {
  const { kind, subresource, namespace, name } = request
  const requested = { group: kind.group, resource: kind.resource, subresource, namespace, name }
  return expressionAuthorizer(authorization, request.user, requested)
}
