// A volume that an attachment describes by itself: one of a CSI driver that took over from an older one.
//
// Upstream: ValidatePersistentVolumeSpec with validateInlinePersistentVolumeSpec in
// pkg/apis/core/validation/validation.go

import { accessModes } from '#api/kinds/core/claim-spec.ts'
import { validateSources } from '#api/kinds/core/persistent-volume/sources.ts'
import { forbidden, type Path, required } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type { PersistentVolumeSpec } from '#api/types/core.ts'

const CONTEXT = 'in the context of inline volumes'
const MAY_NOT = `may not be specified ${CONTEXT}`

export function* validateInlineVolume(spec: PersistentVolumeSpec, path: Path): FieldErrors {
  if (spec.claimRef) yield forbidden(path.child('claimRef'), MAY_NOT)
  if (Object.keys(spec.capacity ?? {}).length > 0) yield forbidden(path.child('capacity'), MAY_NOT)
  if (!spec.csi) yield required(path.child('csi'), `has to be specified ${CONTEXT}`)
  if ((spec.accessModes ?? []).length === 0) yield required(path.child('accessModes'))
  yield* accessModes(spec.accessModes ?? [], path.child('accessModes'))
  const { persistentVolumeReclaimPolicy: policy } = spec
  if (policy && policy !== 'Retain') {
    yield forbidden(path.child('persistentVolumeReclaimPolicy'), `may only be Retain ${CONTEXT}`)
  }
  if (spec.nodeAffinity) yield forbidden(path.child('nodeAffinity'), MAY_NOT)
  yield* validateSources(spec, '', path)
  if (spec.storageClassName) yield forbidden(path.child('storageClassName'), MAY_NOT)
  if (spec.volumeMode !== undefined && spec.volumeMode !== 'Filesystem') {
    yield forbidden(path.child('volumeMode'), `may not specify volumeMode other than Filesystem ${CONTEXT}`)
  }
}
