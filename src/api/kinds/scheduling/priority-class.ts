// PriorityClass: a name for how important pods are.
//
// Upstream: pkg/registry/scheduling/priorityclass/strategy.go, pkg/apis/scheduling/validation/validation.go

import { ageColumn, boolean, column, field, integer, nameColumn } from '#api/kinds/columns.ts'
import { validatePreemptionPolicy } from '#api/kinds/core/pod/spec.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { forbidden, Path } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable } from '#api/meta/validation.ts'
import type { PriorityClass } from '#api/types/scheduling.ts'
import type { Draft } from '#api/types/wire.ts'

const SYSTEM_PREFIX = 'system-'
const HIGHEST_FOR_USERS = 1_000_000_000
const SYSTEM_CLASSES: Readonly<Record<string, number>> = {
  'system-node-critical': 2 * HIGHEST_FOR_USERS + 1000,
  'system-cluster-critical': 2 * HIGHEST_FOR_USERS,
}

const VALUE = new Path('value')
const NAME = new Path('metadata.name')
const PREEMPTION_POLICY = new Path('preemptionPolicy')

export const priorityClass = defineKind<Draft<PriorityClass>>({
  group: 'scheduling.k8s.io',
  kind: 'PriorityClass',
  resource: 'priorityclasses',
  singular: 'priorityclass',
  shortNames: ['pc'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults(draft) {
    draft.preemptionPolicy ??= 'PreemptLowerPriority'
  },
  notDeletable: (name) =>
    Object.hasOwn(SYSTEM_CLASSES, name) ? 'this is a system priority class and cannot be deleted' : undefined,
  validate,
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    if (object.value !== old.value) yield forbidden(VALUE, 'may not be changed in an update.')
    yield* immutable(PREEMPTION_POLICY, object.preemptionPolicy, old.preemptionPolicy)
  },
  columns: [
    nameColumn(),
    column('Value', field('scheduling.v1.PriorityClass', 'value'), ({ value }) => value ?? 0, integer),
    column(
      'Global-Default',
      field('scheduling.v1.PriorityClass', 'globalDefault'),
      ({ globalDefault }) => globalDefault ?? false,
      boolean,
    ),
    ageColumn(),
    column(
      'PreemptionPolicy',
      field('scheduling.v1.PriorityClass', 'preemptionPolicy'),
      ({ preemptionPolicy }) => preemptionPolicy ?? '',
    ),
  ],
})

function* validate(object: PriorityClass): FieldErrors {
  yield* clusterMetadata(object)
  if (object.metadata?.name?.startsWith(SYSTEM_PREFIX)) {
    const problem = systemClassProblem(object)
    if (problem !== undefined) {
      const text = `priority class names with '${SYSTEM_PREFIX}' prefix are reserved for system use only. error: ${problem}`
      yield forbidden(NAME, text)
    }
  } else if ((object.value ?? 0) > HIGHEST_FOR_USERS) {
    yield forbidden(VALUE, `maximum allowed value of a user defined priority is ${HIGHEST_FOR_USERS}`)
  }
  if (object.preemptionPolicy !== undefined) {
    yield* validatePreemptionPolicy(object.preemptionPolicy, PREEMPTION_POLICY)
  }
}

function systemClassProblem({ metadata, value, globalDefault }: PriorityClass): string | undefined {
  const name = metadata?.name ?? ''
  const known = Object.hasOwn(SYSTEM_CLASSES, name) ? SYSTEM_CLASSES[name] : undefined
  if (known === undefined) return `${name} is not a known system priority class`
  if ((value ?? 0) !== known) return `value of ${name} PriorityClass must be ${known}`
  return globalDefault ? `globalDefault of ${name} PriorityClass must be false` : undefined
}
