// PodDisruptionBudget: how many pods of an application may be missing at a time by choice.
//
// Upstream: pkg/registry/policy/poddisruptionbudget/strategy.go, pkg/apis/policy/validation/validation.go

import { atMost100Percent, intOrPercent, nonnegativeFields } from '#api/kinds/apps/workload.ts'
import { ageColumn, column, integer, nameColumn } from '#api/kinds/columns.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, notSupported, Path } from '#api/meta/field-error.ts'
import { type FieldErrors, validateLabelSelector } from '#api/meta/validation.ts'
import { validateConditions } from '#api/meta/validation-conditions.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetSpec } from '#api/types/policy.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
const EVICTION_POLICIES = ['AlwaysAllow', 'IfHealthyBudget']
const BOUNDS = ['minAvailable', 'maxUnavailable'] as const
/** What the status is when nobody has looked yet. */
const NO_STATUS = { currentHealthy: 0, desiredHealthy: 0, disruptionsAllowed: 0, expectedPods: 0 }

export const podDisruptionBudget = defineKind<Draft<PodDisruptionBudget>>({
  group: 'policy',
  kind: 'PodDisruptionBudget',
  resource: 'poddisruptionbudgets',
  singular: 'poddisruptionbudget',
  shortNames: ['pdb'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  prepareForCreate(draft) {
    draft.status = { ...NO_STATUS }
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  validate: (object) => validateSpec(object.spec ?? {}, false),
  validateUpdate(object, old) {
    const wasInvalid = !validateLabelSelector(old.spec?.selector, SPEC).next().done
    return validateSpec(object.spec ?? {}, wasInvalid)
  },
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate({ status }) {
      yield* validateConditions(status?.conditions, STATUS.child('conditions'))
      const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods']
      yield* nonnegativeFields(status ?? {}, STATUS, counts)
    },
  },
  columns: [
    nameColumn(),
    column('Min Available', 'The minimum number of pods that must be available.', ({ spec }) =>
      String(spec?.minAvailable ?? 'N/A'),
    ),
    column('Max Unavailable', 'The maximum number of pods that may be unavailable.', ({ spec }) =>
      String(spec?.maxUnavailable ?? 'N/A'),
    ),
    column(
      'Allowed Disruptions',
      'Calculated number of pods that may be disrupted at this time.',
      ({ status }) => status?.disruptionsAllowed ?? 0,
      integer,
    ),
    ageColumn(),
  ],
})

/** Metadata is left to what the registry checks of every object. */
function* validateSpec(spec: PodDisruptionBudgetSpec, allowInvalidValues: boolean): FieldErrors {
  if (spec.minAvailable !== undefined && spec.maxUnavailable !== undefined) {
    const text = 'minAvailable and maxUnavailable cannot be both set'
    yield invalid(SPEC, internalForm('PodDisruptionBudgetSpec', spec), text)
  }
  for (const name of BOUNDS) {
    if (spec[name] === undefined) continue
    yield* intOrPercent(SPEC.child(name), spec[name])
    yield* atMost100Percent(SPEC.child(name), spec[name])
  }
  yield* validateLabelSelector(spec.selector, SPEC.child('selector'), { allowInvalidValues })
  const policy = spec.unhealthyPodEvictionPolicy
  if (policy !== undefined && !EVICTION_POLICIES.includes(policy)) {
    yield notSupported(SPEC.child('unhealthyPodEvictionPolicy'), policy, EVICTION_POLICIES)
  }
}
