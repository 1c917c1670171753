// RBAC: allowed is what some rule of some role bound to the user allows; there is no deny.
//
// Upstream: plugin/pkg/auth/authorizer/rbac/rbac.go

import type { RuleResolver } from '#apiserver/authorization/rbac-resolver.ts'
import { ruleAllows } from '#apiserver/authorization/rbac-rules.ts'
import type { Authorizer } from '#apiserver/request.ts'

export function rbacAuthorizer(resolver: RuleResolver): Authorizer {
  return {
    name: 'RBAC',
    async authorize(user, info) {
      const errors = new Set<string>()
      for (const granted of resolver.visit(user, info.namespace)) {
        if ('error' in granted) errors.add(granted.error)
        else if (ruleAllows(granted.rule, info)) {
          return { decision: 'allow', reason: `RBAC: allowed by ${granted.source()}` }
        }
      }
      return { decision: 'no-opinion', reason: errors.size > 0 ? `RBAC: ${aggregate([...errors])}` : '' }
    },
  }
}

/** Several errors in brackets, one alone. */
export function aggregate(errors: readonly string[]): string {
  return errors.length === 1 ? errors[0]! : `[${errors.join(', ')}]`
}
