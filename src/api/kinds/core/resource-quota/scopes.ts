// Which pods and claims a quota counts, and which of its resources that leaves a meaning for.
//
// Upstream: validateResourceQuotaScopes and validateScopeSelector in pkg/apis/core/validation/validation.go

import { isStandardQuotaResource } from '#api/kinds/core/resource-names.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { invalid, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { ResourceQuotaSpec, ScopedResourceSelectorRequirement } from '#api/types/core.ts'

const OF_PODS = ['pods', 'cpu', 'memory', 'limits.cpu', 'limits.memory', 'requests.cpu', 'requests.memory']

/** The standard resources that each scope can be combined with. */
const RESOURCES_BY_SCOPE: Readonly<Record<string, readonly string[]>> = {
  Terminating: OF_PODS,
  NotTerminating: OF_PODS,
  BestEffort: ['pods'],
  NotBestEffort: OF_PODS,
  PriorityClass: OF_PODS,
  CrossNamespacePodAffinity: OF_PODS,
  VolumeAttributesClass: ['persistentvolumeclaims', 'requests.storage'],
}

const EXISTS_ONLY = [
  'BestEffort',
  'NotBestEffort',
  'Terminating',
  'NotTerminating',
  'CrossNamespacePodAffinity',
]
const OPPOSITES = [
  ['BestEffort', 'NotBestEffort'],
  ['Terminating', 'NotTerminating'],
] as const

export function* validateScopes(spec: ResourceQuotaSpec, path: Path): FieldErrors {
  const scopes = spec.scopes ?? []
  for (const scope of scopes) {
    if (!Object.hasOwn(RESOURCES_BY_SCOPE, scope)) yield invalid(path, scopes, 'unsupported scope')
    for (const _ of misplaced(spec, scope))
      yield invalid(path, scopes, 'unsupported scope applied to resource')
  }
  yield* conflicts(spec, scopes, path)
}

export function* validateScopeSelector(spec: ResourceQuotaSpec, path: Path): FieldErrors {
  const { scopeSelector } = spec
  if (!scopeSelector) return
  const requirements = scopeSelector.matchExpressions ?? []
  const at = path.child('matchExpressions')
  for (const requirement of requirements) {
    const { scopeName } = requirement
    if (!Object.hasOwn(RESOURCES_BY_SCOPE, scopeName)) {
      yield invalid(at.child('scopeName'), scopeName, 'unsupported scope')
    }
    for (const _ of misplaced(spec, scopeName)) {
      const text = 'unsupported scope applied to resource'
      yield invalid(at, internalForm('ScopeSelector', scopeSelector), text)
    }
    yield* validateOperator(requirement, at)
  }
  const names = requirements.map(({ scopeName }) => scopeName)
  yield* conflicts(spec, names, at)
}

/** The limited resources that `scope` says nothing of. */
function misplaced(spec: ResourceQuotaSpec, scope: string): string[] {
  const allowed = Object.hasOwn(RESOURCES_BY_SCOPE, scope) ? RESOURCES_BY_SCOPE[scope] : undefined
  if (!allowed) return []
  return Object.keys(spec.hard ?? {}).filter(
    (name) => isStandardQuotaResource(name) && !allowed.includes(name),
  )
}

function* conflicts(spec: ResourceQuotaSpec, names: readonly string[], path: Path): FieldErrors {
  for (const pair of OPPOSITES) {
    if (pair.every((scope) => names.includes(scope))) {
      yield invalid(path, spec.scopes ?? null, 'conflicting scopes')
    }
  }
}

function* validateOperator(
  { scopeName, operator, values = [] }: ScopedResourceSelectorRequirement,
  path: Path,
): FieldErrors {
  if (EXISTS_ONLY.includes(scopeName) && operator !== 'Exists') {
    const text =
      "must be 'Exists' when scope is any of ResourceQuotaScopeTerminating, ResourceQuotaScopeNotTerminating, ResourceQuotaScopeBestEffort, ResourceQuotaScopeNotBestEffort or ResourceQuotaScopeCrossNamespacePodAffinity"
    yield invalid(path.child('operator'), operator, text)
  }
  if (operator === 'In' || operator === 'NotIn') {
    if (values.length === 0) {
      const text = "must be at least one value when `operator` is 'In' or 'NotIn' for scope selector"
      yield required(path.child('values'), text)
    }
  } else if (operator === 'Exists' || operator === 'DoesNotExist') {
    if (values.length > 0) {
      const text = "must be no value when `operator` is 'Exist' or 'DoesNotExist' for scope selector"
      yield invalid(path.child('values'), values, text)
    }
  } else yield invalid(path.child('operator'), operator, 'not a valid selector operator')
}
