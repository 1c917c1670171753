// Lease: who leads, and until when; nodes renew one to show that they live.
//
// Upstream: pkg/registry/coordination/lease/strategy.go, pkg/apis/coordination/validation/validation.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadata, plainMetadataUpdate } from '#api/kinds/metadata.ts'
import { forbidden, invalid, notSupported, Path } from '#api/meta/field-error.ts'
import { isQualifiedName } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import type { Lease, LeaseSpec } from '#api/types/coordination.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

export const lease = defineKind<Draft<Lease>>({
  group: 'coordination.k8s.io',
  kind: 'Lease',
  resource: 'leases',
  singular: 'lease',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
  prepareForCreate({ spec }) {
    delete spec?.strategy
    delete spec?.preferredHolder
  },
  prepareForUpdate({ spec }, old) {
    if (old.spec?.strategy === undefined) delete spec?.strategy
    if (old.spec?.preferredHolder === undefined) delete spec?.preferredHolder
  },
  *validate(object) {
    yield* plainMetadata(object, true)
    yield* validateSpec(object.spec ?? {})
  },
  *validateUpdate(object, old) {
    yield* plainMetadataUpdate(object, old)
    yield* validateSpec(object.spec ?? {})
  },
  columns: [
    nameColumn(),
    column(
      'Holder',
      field('coordination.v1.LeaseSpec', 'holderIdentity'),
      ({ spec }) => spec?.holderIdentity ?? '',
    ),
    ageColumn(),
  ],
})

function* validateSpec(spec: LeaseSpec): FieldErrors {
  const { leaseDurationSeconds, leaseTransitions, strategy, preferredHolder } = spec
  if (leaseDurationSeconds !== undefined && leaseDurationSeconds <= 0) {
    yield invalid(SPEC.child('leaseDurationSeconds'), leaseDurationSeconds, 'must be greater than 0')
  }
  if (leaseTransitions !== undefined && leaseTransitions < 0) {
    yield invalid(SPEC.child('leaseTransitions'), leaseTransitions, 'must be greater than or equal to 0')
  }
  if (strategy !== undefined) yield* validateStrategy(strategy)
  if (preferredHolder && !strategy) {
    yield forbidden(SPEC.child('preferredHolder'), 'may only be specified if `strategy` is defined')
  }
}

/** The field's name is there twice, as upstream tells it. */
function* validateStrategy(strategy: string): FieldErrors {
  const path = SPEC.child('strategy', 'strategy')
  if (strategy.includes('/')) yield* each(path, strategy, isQualifiedName(strategy))
  else if (strategy !== 'OldestEmulationVersion') {
    yield notSupported(path, strategy, ['OldestEmulationVersion'])
  }
}
