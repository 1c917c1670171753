// The rules of an aggregated ClusterRole: those of all roles that its selectors find, each once. Pure.
//
// Upstream: pkg/controller/clusterroleaggregation/clusterroleaggregation_controller.go

import { semanticEqual } from '#api/meta/equality.ts'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import type { ClusterRole, PolicyRule } from '#api/types/rbac.ts'

/** The role to store; undefined where its rules are right, or where it aggregates nothing. */
export function planAggregation(role: ClusterRole, all: readonly ClusterRole[]): ClusterRole | undefined {
  if (!role.aggregationRule) return undefined
  const byName = [...all].sort((a, b) => ((a.metadata?.name ?? '') < (b.metadata?.name ?? '') ? -1 : 1))
  const rules: PolicyRule[] = []
  for (const labels of role.aggregationRule.clusterRoleSelectors ?? []) {
    const selector = selectorOf(labels)
    for (const other of byName) {
      if (other.metadata?.name === role.metadata?.name || !matchesLabels(selector, other.metadata?.labels))
        continue
      for (const rule of other.rules ?? [])
        if (!rules.some((each) => semanticEqual(each, rule))) rules.push(rule)
    }
  }
  return semanticEqual(rules, role.rules) ? undefined : { ...role, rules }
}
