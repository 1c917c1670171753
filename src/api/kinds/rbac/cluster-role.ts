// ClusterRole: what may be done in all namespaces or to what is in none; also a collection of other roles.
//
// Upstream: pkg/registry/rbac/clusterrole/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { validateRules } from '#api/kinds/rbac/rules.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { isPathSegmentName } from '#api/meta/names.ts'
import { SelectorError, selectorOf } from '#api/meta/selectors.ts'
import { type FieldErrors, validateLabelSelector } from '#api/meta/validation.ts'
import type { ClusterRole } from '#api/types/rbac.ts'
import type { Draft } from '#api/types/wire.ts'

const RULES = new Path('rules')
const SELECTORS = new Path('aggregationRule.clusterRoleSelectors')

export const clusterRole = defineKind<Draft<ClusterRole>>({
  group: 'rbac.authorization.k8s.io',
  kind: 'ClusterRole',
  resource: 'clusterroles',
  singular: 'clusterrole',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  validate: (object) => validate(object, false),
  *validateUpdate(object, old) {
    yield* validate(object, hasInvalidSelector(old))
    yield* metadataUpdate(object, old)
  },
})

function* validate(object: ClusterRole, allowInvalidValues: boolean): FieldErrors {
  yield* clusterMetadata(object, isPathSegmentName)
  yield* validateRules(object.rules, false, RULES)
  if (!object.aggregationRule) return
  const selectors = object.aggregationRule.clusterRoleSelectors ?? []
  if (selectors.length === 0) {
    const text = 'at least one clusterRoleSelector required if aggregationRule is non-nil'
    yield required(SELECTORS, text)
  }
  for (const [i, selector] of selectors.entries()) {
    yield* validateLabelSelector(selector, SELECTORS.index(i), { allowInvalidValues })
    if (!isParsable(selector)) yield invalid(SELECTORS.index(i), null, 'invalid label selector.')
  }
}

type ClusterRoleSelector = NonNullable<
  NonNullable<ClusterRole['aggregationRule']>['clusterRoleSelectors']
>[number]

function isParsable(selector: ClusterRoleSelector): boolean {
  try {
    selectorOf(selector)
    return true
  } catch (error) {
    if (error instanceof SelectorError) return false
    throw error
  }
}

const hasInvalidSelector = ({ aggregationRule }: ClusterRole): boolean =>
  (aggregationRule?.clusterRoleSelectors ?? []).some(
    (selector) => !validateLabelSelector(selector, SELECTORS).next().done,
  )
