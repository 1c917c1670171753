// PersistentVolume: a piece of storage of the cluster, waiting for or bound to a claim.
//
// Upstream: pkg/registry/core/persistentvolume/strategy.go

import { ageColumn, column, field, nameColumn, wide } from '#api/kinds/columns.ts'
import { validateVolume, validateVolumeUpdate } from '#api/kinds/core/persistent-volume/validate.ts'
import { volumeWarnings } from '#api/kinds/core/persistent-volume/warnings.ts'
import { defaultNetworkVolume } from '#api/kinds/core/pod/volume-defaults.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import { phaseOf, shortModes, storageClassOf, UNSET } from '#api/kinds/core/storage-columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate } from '#api/kinds/metadata.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { formatTime } from '#api/meta/time.ts'
import type { PersistentVolume } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const ofSpec = (name: string) => field('core.v1.PersistentVolumeSpec', name)
const ofStatus = (name: string) => field('core.v1.PersistentVolumeStatus', name)

const CLAIM_DESCRIPTION =
  'claimRef is part of a bi-directional binding between PersistentVolume and PersistentVolumeClaim. Expected to be non-nil when bound. claim.VolumeName is the authoritative bind between PV and PVC. More info: https://kubernetes.io/docs/concepts/storage/persistent-volumes#binding'

export const persistentVolume = defineKind<Draft<PersistentVolume>>({
  group: '',
  kind: 'PersistentVolume',
  resource: 'persistentvolumes',
  singular: 'persistentvolume',
  shortNames: ['pv'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  defaults,
  prepareForCreate(draft, { now }) {
    draft.status = { phase: 'Pending', lastPhaseTransitionTime: formatTime(now) }
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  validate: (object) => validateVolume(object, undefined),
  validateUpdate: validateVolumeUpdate,
  warnings: (object) => [...volumeWarnings(object)],
  warningsOnUpdate: (object) => [...volumeWarnings(object)],
  status: {
    prepareForUpdate(draft, old, { now }) {
      keepField(draft, old, 'spec')
      setTransitionTime(draft, old, now)
    },
    validateUpdate: metadataUpdate,
  },
  columns: [
    nameColumn(),
    column('Capacity', ofSpec('capacity'), ({ spec }) => spec?.capacity?.['storage'] ?? '0'),
    column('Access Modes', ofSpec('accessModes'), ({ spec }) => shortModes(spec?.accessModes)),
    column(
      'Reclaim Policy',
      ofSpec('persistentVolumeReclaimPolicy'),
      ({ spec }) => spec?.persistentVolumeReclaimPolicy ?? '',
    ),
    column('Status', ofStatus('phase'), phaseOf),
    column('Claim', CLAIM_DESCRIPTION, ({ spec }) => {
      const claim = spec?.claimRef
      return claim ? `${claim.namespace ?? ''}/${claim.name ?? ''}` : ''
    }),
    column('StorageClass', 'StorageClass of the pv', ({ metadata, spec }) => storageClassOf(metadata, spec)),
    column(
      'VolumeAttributesClass',
      'VolumeAttributesClass of the pv',
      ({ spec }) => spec?.volumeAttributesClassName ?? UNSET,
    ),
    column('Reason', ofStatus('reason'), ({ status }) => status?.reason ?? ''),
    ageColumn(),
    column('VolumeMode', ofSpec('volumeMode'), ({ spec }) => spec?.volumeMode ?? UNSET, wide),
  ],
})

function defaults(draft: Draft<PersistentVolume>): void {
  draft.spec ??= {}
  draft.status ??= {}
  draft.status.phase ||= 'Pending'
  const { spec } = draft
  spec.persistentVolumeReclaimPolicy ||= 'Retain'
  spec.volumeMode ??= 'Filesystem'
  roundResources(spec.capacity)
  if (spec.hostPath) spec.hostPath.type ??= ''
  defaultNetworkVolume(spec)
}

/** When the phase last changed, unless whoever changed it says so. */
function setTransitionTime(draft: Draft<PersistentVolume>, old: PersistentVolume, now: number): void {
  draft.status ??= {}
  const { status } = draft
  const before = old.status?.lastPhaseTransitionTime
  if (status.phase !== old.status?.phase) {
    if (!status.lastPhaseTransitionTime || status.lastPhaseTransitionTime === before) {
      status.lastPhaseTransitionTime = formatTime(now)
    }
  } else if (!status.lastPhaseTransitionTime && before) status.lastPhaseTransitionTime = before
}
