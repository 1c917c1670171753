// Which nodes and which neighbours a pod wants or avoids.
//
// Upstream: validateAffinity, ValidateNodeSelector in pkg/apis/core/validation/validation.go

import { labelKeys } from '#api/kinds/core/pod/label-keys.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { forbidden, invalid, Path, required } from '#api/meta/field-error.ts'
import { isLabelValue, nameIsDNSLabel, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors, qualifiedName, validateLabelSelector } from '#api/meta/validation.ts'
import type {
  Affinity,
  NodeAffinity,
  NodeSelector,
  NodeSelectorRequirement,
  NodeSelectorTerm,
  PodAffinity,
  PodAffinityTerm,
} from '#api/types/core.ts'

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

export function* validateAffinity(affinity: Affinity | undefined, path: Path, rules: PodRules): FieldErrors {
  if (!affinity) return
  if (affinity.nodeAffinity) yield* nodeAffinity(affinity.nodeAffinity, path.child('nodeAffinity'), rules)
  if (affinity.podAffinity) yield* podAffinity(affinity.podAffinity, path.child('podAffinity'), rules)
  if (affinity.podAntiAffinity)
    yield* podAffinity(affinity.podAntiAffinity, path.child('podAntiAffinity'), rules)
}

function* nodeAffinity(affinity: NodeAffinity, path: Path, rules: PodRules): FieldErrors {
  const needed = affinity[REQUIRED]
  if (needed) yield* nodeSelector(needed, path.child(REQUIRED), rules.allowInvalidNodeAffinityValues)
  for (const [i, term] of (affinity[PREFERRED] ?? []).entries()) {
    const at = path.child(PREFERRED).index(i)
    yield* weight(term.weight, at.child('weight'))
    yield* nodeSelectorTerm(term.preference, at.child('preference'), true)
  }
}

function* weight(value: number, path: Path): FieldErrors {
  if (value <= 0 || value > 100) yield invalid(path, value, 'must be in the range 1-100')
}

/** Terms of which one has to match. */
export function* nodeSelector(selector: NodeSelector, path: Path, allowInvalidValues = false): FieldErrors {
  const terms = selector.nodeSelectorTerms ?? []
  const at = path.child('nodeSelectorTerms')
  if (terms.length === 0) yield required(at, 'must have at least one node selector term')
  for (const [i, term] of terms.entries()) yield* nodeSelectorTerm(term, at.index(i), allowInvalidValues)
}

function* nodeSelectorTerm(term: NodeSelectorTerm, path: Path, allowInvalidValues: boolean): FieldErrors {
  for (const [i, requirement] of (term.matchExpressions ?? []).entries()) {
    yield* nodeRequirement(requirement, path.child('matchExpressions').index(i), allowInvalidValues)
  }
  for (const [i, requirement] of (term.matchFields ?? []).entries()) {
    yield* nodeFieldRequirement(requirement, path.child('matchFields').index(i))
  }
}

function* nodeRequirement(
  requirement: NodeSelectorRequirement,
  path: Path,
  allowInvalidValues: boolean,
): FieldErrors {
  const values = requirement.values ?? []
  const at = path.child('values')
  switch (requirement.operator) {
    case 'In':
    case 'NotIn':
      if (values.length === 0) yield required(at, "must be specified when `operator` is 'In' or 'NotIn'")
      break
    case 'Exists':
    case 'DoesNotExist':
      if (values.length > 0) {
        yield forbidden(at, "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
      }
      break
    case 'Gt':
    case 'Lt':
      if (values.length !== 1)
        yield required(at, "must be specified single value when `operator` is 'Lt' or 'Gt'")
      break
    default:
      yield invalid(path.child('operator'), requirement.operator, 'not a valid selector operator')
  }
  yield* qualifiedName(path.child('key'), requirement.key)
  if (allowInvalidValues) return
  for (const [i, value] of values.entries()) yield* each(at.index(i), value, isLabelValue(value))
}

/** A field of the node; there is only its name. */
function* nodeFieldRequirement(requirement: NodeSelectorRequirement, path: Path): FieldErrors {
  const values = requirement.values ?? []
  if (requirement.operator !== 'In' && requirement.operator !== 'NotIn') {
    yield invalid(path.child('operator'), requirement.operator, 'not a valid selector operator')
  } else if (values.length !== 1) {
    const text = "must be only one value when `operator` is 'In' or 'NotIn' for node field selector"
    yield required(path.child('values'), text)
  }
  if (requirement.key !== 'metadata.name') {
    yield invalid(path.child('key'), requirement.key, 'not a valid field selector key')
    return
  }
  for (const [i, value] of values.entries()) {
    yield* each(path.child('values').index(i), value, nameIsDNSSubdomain(value, false))
  }
}

function* podAffinity(affinity: PodAffinity, path: Path, rules: PodRules): FieldErrors {
  for (const [i, term] of (affinity[REQUIRED] ?? []).entries()) {
    yield* podAffinityTerm(term, path.child(REQUIRED).index(i), rules)
  }
  for (const [i, term] of (affinity[PREFERRED] ?? []).entries()) {
    const at = path.child(PREFERRED).index(i)
    yield* weight(term.weight, at.child('weight'))
    yield* podAffinityTerm(term.podAffinityTerm, at.child('podAffinityTerm'), rules)
  }
}

function* podAffinityTerm(term: PodAffinityTerm, path: Path, rules: PodRules): FieldErrors {
  yield* termSelectors(term, path, rules.allowInvalidAffinitySelectors)
  for (const name of term.namespaces ?? []) {
    yield* each(path.child('namespace'), name, nameIsDNSLabel(name, false))
  }
  yield* labelKeys(path, term.matchLabelKeys, term.mismatchLabelKeys, term.labelSelector)
  if (!term.topologyKey) yield required(path.child('topologyKey'), 'can not be empty')
  yield* qualifiedName(path.child('topologyKey'), term.topologyKey)
}

function* termSelectors(term: PodAffinityTerm, path: Path, allowInvalidValues = false): FieldErrors {
  const options = { allowInvalidValues }
  yield* validateLabelSelector(term.labelSelector, path.child('labelSelector'), options)
  yield* validateLabelSelector(term.namespaceSelector, path.child('namespaceSelector'), options)
}

/** Whether the old pod already had selectors that are not allowed any more. */
export function invalidSelectorsIn(affinity: Affinity | undefined): boolean {
  const terms = [affinity?.podAffinity, affinity?.podAntiAffinity].flatMap((side) => [
    ...(side?.[REQUIRED] ?? []),
    ...(side?.[PREFERRED] ?? []).map(({ podAffinityTerm: term }) => term),
  ])
  return terms.some((term) => !termSelectors(term, new Path()).next().done)
}

export function requiredNodeAffinityIsInvalid(affinity: Affinity | undefined): boolean {
  return hasInvalidValues(affinity?.nodeAffinity?.[REQUIRED])
}

export function hasInvalidValues(selector: NodeSelector | undefined): boolean {
  return (selector?.nodeSelectorTerms ?? []).some((term) =>
    (term.matchExpressions ?? []).some((expression) =>
      (expression.values ?? []).some((value) => isLabelValue(value).length > 0),
    ),
  )
}
