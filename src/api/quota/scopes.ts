// Which objects a quota's scopes select. Pure.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/quota/v1/generic/evaluator.go, pkg/apis/core/v1/helper/helpers.go

import type { ResourceQuota, ScopedResourceSelectorRequirement } from '#api/types/core.ts'

/** All scopes of a quota as requirements. */
export function scopesOf(quota: ResourceQuota): readonly ScopedResourceSelectorRequirement[] {
  return [
    ...(quota.spec?.scopes ?? []).map((scopeName) => ({ scopeName, operator: 'Exists' })),
    ...(quota.spec?.scopeSelector?.matchExpressions ?? []),
  ]
}

/** `value` undefined means that the object has none. */
export function matchesScopeValue(
  scope: ScopedResourceSelectorRequirement,
  value: string | undefined,
): boolean {
  switch (scope.operator) {
    case 'In':
      return value !== undefined && (scope.values ?? []).includes(value)
    case 'NotIn':
      return value === undefined || !(scope.values ?? []).includes(value)
    case 'Exists':
      return value !== undefined
    case 'DoesNotExist':
      return value === undefined
    default:
      return false
  }
}
