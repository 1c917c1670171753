// VolumeAttachment: the wish that a volume is attached to a node, and whether it is.
//
// Upstream: pkg/registry/storage/volumeattachment/strategy.go

import { ageColumn, boolean, column, field, nameColumn } from '#api/kinds/columns.ts'
import { csiDriverName } from '#api/kinds/core/pod/volume-sources.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata } from '#api/kinds/metadata.ts'
import { keepField, keepMetadata } from '#api/kinds/status-metadata.ts'
import { validateInlineVolume } from '#api/kinds/storage/inline-volume.ts'
import { forbidden, invalid, Path, required, tooLong } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { each, type FieldErrors, immutable, inclusiveRange, MAX_INT32 } from '#api/meta/validation.ts'
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentStatus } from '#api/types/storage.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
const MAX_METADATA_BYTES = 256 * 1024
const MAX_MESSAGE_BYTES = 1024

export const volumeAttachment = defineKind<Draft<VolumeAttachment>>({
  group: 'storage.k8s.io',
  kind: 'VolumeAttachment',
  resource: 'volumeattachments',
  singular: 'volumeattachment',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  allowUnconditionalUpdate: false,
  prepareForCreate(draft) {
    draft.status = { attached: false }
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  validate,
  validateUpdate,
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      keepMetadata(draft, old)
    },
    validateUpdate,
  },
  columns: [
    nameColumn(),
    column('Attacher', field('storage.v1.VolumeAttachmentSpec', 'attacher'), ({ spec }) => spec.attacher, {
      format: 'name',
    }),
    column(
      'PV',
      field('storage.v1.VolumeAttachmentSource', 'persistentVolumeName'),
      ({ spec }) => spec.source.persistentVolumeName ?? '',
    ),
    column('Node', field('storage.v1.VolumeAttachmentSpec', 'nodeName'), ({ spec }) => spec.nodeName),
    column(
      'Attached',
      field('storage.v1.VolumeAttachmentStatus', 'attached'),
      ({ status }) => status?.attached ?? false,
      boolean,
    ),
    ageColumn(),
  ],
})

function* validate(object: VolumeAttachment): FieldErrors {
  yield* clusterMetadata(object)
  const { attacher, nodeName = '', source } = object.spec
  yield* csiDriverName(SPEC.child('attacher'), attacher)
  yield* validateSource(source ?? {}, SPEC.child('source'))
  yield* each(SPEC.child('nodeName'), nodeName, nameIsDNSSubdomain(nodeName, false))
  yield* validateStatus(object.status)
  const volume = source?.persistentVolumeName
  if (volume !== undefined) {
    const path = SPEC.child('source', 'persistentVolumeName')
    yield* each(path, volume, nameIsDNSSubdomain(volume, false))
  }
}

function* validateUpdate(object: VolumeAttachment, old: VolumeAttachment): FieldErrors {
  yield* validate(object)
  yield* immutable(SPEC, object.spec, old.spec, internalForm('VolumeAttachmentSpec', object.spec))
}

function* validateSource(
  { inlineVolumeSpec, persistentVolumeName }: VolumeAttachmentSource,
  path: Path,
): FieldErrors {
  const text = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!inlineVolumeSpec && persistentVolumeName === undefined) yield required(path, text)
  else if (inlineVolumeSpec && persistentVolumeName !== undefined) yield forbidden(path, text)
  else if (persistentVolumeName === '') {
    yield required(path.child('persistentVolumeName'), 'must specify non empty persistentVolumeName')
  } else if (inlineVolumeSpec) yield* validateInlineVolume(inlineVolumeSpec, path.child('inlineVolumeSpec'))
}

function* validateStatus(status: VolumeAttachmentStatus | undefined): FieldErrors {
  let sizeBytes = 0
  for (const [key, value] of Object.entries(status?.attachmentMetadata ?? {})) {
    sizeBytes += Buffer.byteLength(key) + Buffer.byteLength(value)
  }
  if (sizeBytes > MAX_METADATA_BYTES) yield tooLong(STATUS.child('attachmentMetadata'), MAX_METADATA_BYTES)
  for (const name of ['attachError', 'detachError'] as const) {
    const { message = '', errorCode = 0 } = status?.[name] ?? {}
    if (Buffer.byteLength(message) > MAX_MESSAGE_BYTES) {
      yield tooLong(STATUS.child(name, 'message'), MAX_METADATA_BYTES)
    }
    if (errorCode < 0) yield invalid(STATUS.child(name, 'errorCode'), errorCode, inclusiveRange(0, MAX_INT32))
  }
}
