// ResourceClaimTemplate: from which each pod gets a ResourceClaim of its own.
//
// Upstream: pkg/registry/resource/resourceclaimtemplate/strategy.go

import { ageColumn, nameColumn } from '#api/kinds/columns.ts'
import { templateMetadata } from '#api/kinds/core/claim-spec.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { validateDeviceClaim } from '#api/kinds/resource/device-claim.ts'
import { requestDefaults } from '#api/kinds/resource/request-defaults.ts'
import { Path } from '#api/meta/field-error.ts'
import { type FieldErrors, immutable } from '#api/meta/validation.ts'
import type { ResourceClaimTemplate } from '#api/types/resource.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

export const resourceClaimTemplate = defineKind<Draft<ResourceClaimTemplate>>({
  group: 'resource.k8s.io',
  kind: 'ResourceClaimTemplate',
  resource: 'resourceclaimtemplates',
  singular: 'resourceclaimtemplate',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowUnconditionalUpdate: true,
  defaults: ({ spec }) => requestDefaults(spec?.spec),
  validate,
  *validateUpdate(object, old) {
    yield* validate(object)
    yield* metadataUpdate(object, old)
    yield* immutable(
      SPEC,
      object.spec,
      old.spec,
      internalForm('ResourceClaimTemplateSpec', object.spec ?? {}),
    )
  },
  columns: [nameColumn(), ageColumn()],
})

function* validate(object: ResourceClaimTemplate): FieldErrors {
  yield* namespacedMetadata(object)
  yield* templateMetadata(object.spec?.metadata ?? {}, SPEC.child('metadata'))
  yield* validateDeviceClaim(object.spec?.spec?.devices ?? {}, SPEC.child('spec', 'devices'))
}
