// How evenly pods are to be spread over nodes, zones, racks.
//
// Upstream: validateTopologySpreadConstraints in pkg/apis/core/validation/validation.go

import { labelKeys, labelKeysApart } from '#api/kinds/core/pod/label-keys.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { duplicate, invalid, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, oneOf, positive, validateLabelSelector } from '#api/meta/validation.ts'
import type { PodSpec, TopologySpreadConstraint } from '#api/types/core.ts'

export function* validateTopologySpread(spec: PodSpec, path: Path, rules: PodRules): FieldErrors {
  const constraints = spec.topologySpreadConstraints ?? []
  for (const [i, constraint] of constraints.entries()) {
    yield* validateConstraint(constraint, constraints.slice(i + 1), path.index(i), rules)
  }
}

function* validateConstraint(
  constraint: TopologySpreadConstraint,
  rest: readonly TopologySpreadConstraint[],
  path: Path,
  rules: PodRules,
): FieldErrors {
  const { topologyKey, whenUnsatisfiable, minDomains, nodeAffinityPolicy, nodeTaintsPolicy } = constraint
  yield* positive(path.child('maxSkew'), constraint.maxSkew)
  if (!topologyKey) yield required(path.child('topologyKey'), 'can not be empty')
  yield* oneOf(path.child('whenUnsatisfiable'), whenUnsatisfiable, ['DoNotSchedule', 'ScheduleAnyway'])
  if (rest.some((o) => o.topologyKey === topologyKey && o.whenUnsatisfiable === whenUnsatisfiable)) {
    yield duplicate(path.child('{topologyKey, whenUnsatisfiable}'), `{${topologyKey}, ${whenUnsatisfiable}}`)
  }
  if (minDomains !== undefined) {
    yield* positive(path.child('minDomains'), minDomains)
    if (whenUnsatisfiable !== 'DoNotSchedule') {
      const text = `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`
      yield invalid(path.child('minDomains'), minDomains, text)
    }
  }
  for (const [name, policy] of Object.entries({ nodeAffinityPolicy, nodeTaintsPolicy })) {
    if (policy !== undefined) yield* oneOf(path.child(name), policy, ['Honor', 'Ignore'])
  }
  yield* rules.allowInvalidSpreadKeys
    ? labelKeysApart(path.child('matchLabelKeys'), constraint.matchLabelKeys, constraint.labelSelector)
    : labelKeys(path, constraint.matchLabelKeys, undefined, constraint.labelSelector)
  if (!rules.allowInvalidSpreadSelectors) {
    yield* validateLabelSelector(constraint.labelSelector, path.child('labelSelector'))
  }
}

const isValid = (errors: FieldErrors): boolean => errors.next().done === true

export const spreadSelectorIsInvalid = (spec: PodSpec): boolean =>
  (spec.topologySpreadConstraints ?? []).some(
    ({ labelSelector }) => !isValid(validateLabelSelector(labelSelector, new Path())),
  )

export const spreadKeysAreInvalid = (spec: PodSpec): boolean =>
  (spec.topologySpreadConstraints ?? []).some(
    ({ matchLabelKeys, labelSelector }) =>
      !isValid(labelKeys(new Path(), matchLabelKeys, undefined, labelSelector)),
  )
