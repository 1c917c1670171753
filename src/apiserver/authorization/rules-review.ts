// SelfSubjectRulesReview: all that the asker may do in a namespace (`kubectl auth can-i --list`).
//
// Only as a hint for user interfaces: what is decided request by request (Node) cannot be listed. Upstream:
// pkg/registry/authorization/selfsubjectrulesreview/rest.go

import { badRequest } from '#api/meta/status.ts'
import type { NonResourceRule, ResourceRule, SelfSubjectRulesReview } from '#api/types/authorization.ts'
import { nodeOf } from '#apiserver/authorization/node.ts'
import { aggregate } from '#apiserver/authorization/rbac.ts'
import type { RuleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import type { UserInfo } from '#apiserver/request.ts'

export function reviewRules(
  review: SelfSubjectRulesReview,
  user: UserInfo,
  resolver: RuleResolver,
  unlisted: readonly string[] = [],
): SelfSubjectRulesReview {
  const namespace = review.spec.namespace ?? ''
  if (namespace === '') throw badRequest('no namespace on request')
  const resourceRules: ResourceRule[] = []
  const nonResourceRules: NonResourceRule[] = []
  const errors: string[] = []
  const kinds = [...(nodeOf(user) === undefined ? [] : ['node']), ...unlisted]
  errors.push(...kinds.map((kind) => `${kind} authorizer does not support user rule resolution`))
  for (const granted of resolver.visit(user, namespace)) {
    if ('error' in granted) {
      errors.push(granted.error)
      continue
    }
    const { verbs, apiGroups, resources, resourceNames, nonResourceURLs } = granted.rule
    if (resources?.length) {
      resourceRules.push({
        verbs,
        ...(apiGroups?.length && { apiGroups }),
        resources,
        ...(resourceNames?.length && { resourceNames }),
      })
    }
    if (nonResourceURLs?.length) nonResourceRules.push({ verbs, nonResourceURLs })
  }
  const { kind, apiVersion } = review
  return {
    ...(kind && { kind }),
    ...(apiVersion && { apiVersion }),
    metadata: {},
    spec: {},
    status: {
      resourceRules,
      nonResourceRules,
      incomplete: kinds.length > 0,
      ...(errors.length > 0 && { evaluationError: aggregate([...new Set(errors)]) }),
    },
  }
}
