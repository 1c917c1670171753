// What a rule of a role must say: verbs, and either resources or paths.
//
// Upstream: ValidatePolicyRule in pkg/apis/rbac/validation/validation.go

import { invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { PolicyRule } from '#api/types/rbac.ts'

export function* validateRules(
  rules: readonly PolicyRule[] | undefined,
  isNamespaced: boolean,
  path: Path,
): FieldErrors {
  for (const [i, rule] of (rules ?? []).entries()) yield* validateRule(rule, isNamespaced, path.index(i))
}

function* validateRule(rule: PolicyRule, isNamespaced: boolean, path: Path): FieldErrors {
  const has = (name: 'verbs' | 'apiGroups' | 'resources' | 'resourceNames'): boolean =>
    (rule[name] ?? []).length > 0
  const urls = rule.nonResourceURLs ?? []
  if (!has('verbs')) yield required(path.child('verbs'), 'verbs must contain at least one value')
  if (urls.length > 0) {
    const at = path.child('nonResourceURLs')
    if (isNamespaced) yield invalid(at, urls, 'namespaced rules cannot apply to non-resource URLs')
    if (has('apiGroups') || has('resources') || has('resourceNames')) {
      yield invalid(at, urls, 'rules cannot apply to both regular resources and non-resource URLs')
    }
    return
  }
  if (!has('apiGroups')) {
    yield required(path.child('apiGroups'), 'resource rules must supply at least one api group')
  }
  if (!has('resources')) {
    yield required(path.child('resources'), 'resource rules must supply at least one resource')
  }
}
