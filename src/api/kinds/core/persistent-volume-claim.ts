// PersistentVolumeClaim: the wish of a namespace for storage, bound to one PersistentVolume.
//
// Upstream: pkg/registry/core/persistentvolumeclaim/strategy.go

import { ageColumn, column, field, nameColumn, wide } from '#api/kinds/columns.ts'
import { claimWarnings } from '#api/kinds/core/claim-warnings.ts'
import { alignDataSources } from '#api/kinds/core/persistent-volume-claim/data-sources.ts'
import {
  CLASS_ANNOTATION,
  validateClaim,
  validateClaimStatus,
  validateClaimUpdate,
} from '#api/kinds/core/persistent-volume-claim/validate.ts'
import { defaultClaimSpec } from '#api/kinds/core/pod/volume-defaults.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import { phaseOf, shortModes, storageClassOf, UNSET } from '#api/kinds/core/storage-columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { Path } from '#api/meta/field-error.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const ofSpec = (name: string) => field('core.v1.PersistentVolumeClaimSpec', name)
const ofStatus = (name: string) => field('core.v1.PersistentVolumeClaimStatus', name)

export const persistentVolumeClaim = defineKind<Draft<PersistentVolumeClaim>>({
  group: '',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  defaults: defaultClaim,
  prepareForCreate(draft) {
    draft.status = { phase: 'Pending' }
    if (draft.spec) alignDataSources(draft.spec, undefined)
  },
  prepareForUpdate(draft, old) {
    keepField(draft, old, 'status')
    if (draft.spec) alignDataSources(draft.spec, old.spec)
  },
  validate: (object) => validateClaim(object),
  validateUpdate: validateClaimUpdate,
  warnings,
  warningsOnUpdate: warnings,
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    validateUpdate: validateClaimStatus,
  },
  columns: [
    nameColumn(),
    column('Status', ofStatus('phase'), phaseOf),
    column('Volume', ofSpec('volumeName'), ({ spec }) => spec?.volumeName ?? ''),
    column('Capacity', ofStatus('capacity'), ({ spec, status }) =>
      spec?.volumeName ? (status?.capacity?.['storage'] ?? '0') : '',
    ),
    column('Access Modes', ofStatus('accessModes'), ({ spec, status }) =>
      spec?.volumeName ? shortModes(status?.accessModes) : '',
    ),
    column('StorageClass', 'StorageClass of the pvc', ({ metadata, spec }) => storageClassOf(metadata, spec)),
    column(
      'VolumeAttributesClass',
      'VolumeAttributesClass of the pvc',
      ({ spec }) => spec?.volumeAttributesClassName ?? UNSET,
    ),
    ageColumn(),
    column('VolumeMode', ofSpec('volumeMode'), ({ spec }) => spec?.volumeMode ?? UNSET, wide),
  ],
})

/** Also of the templates in a StatefulSet. */
export function defaultClaim(draft: Draft<PersistentVolumeClaim>): void {
  draft.status ??= {}
  draft.status.phase ||= 'Pending'
  if (draft.spec) defaultClaimSpec(draft.spec)
  roundResources(draft.status.capacity)
  roundResources(draft.status.allocatedResources)
}

function warnings({ metadata, spec }: PersistentVolumeClaim): string[] {
  const path = new Path('metadata').child('annotations').key(CLASS_ANNOTATION)
  const text = `${path}: deprecated since v1.8; use "storageClassName" attribute instead`
  return [
    ...(metadata?.annotations?.[CLASS_ANNOTATION] === undefined ? [] : [text]),
    ...claimWarnings(spec ?? {}, new Path('spec')),
  ]
}
