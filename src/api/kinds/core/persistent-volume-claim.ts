// PersistentVolumeClaim: the wish of a namespace for storage, bound to one PersistentVolume.
//
// Upstream: pkg/registry/core/persistentvolumeclaim/strategy.go

import { defaultClaimSpec } from '#api/kinds/core/pod/volume-defaults.ts'
import { defineKind } from '#api/kinds/kind.ts'
import type { PersistentVolumeClaim } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const persistentVolumeClaim = defineKind<Draft<PersistentVolumeClaim>>({
  group: '',
  kind: 'PersistentVolumeClaim',
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  shortNames: ['pvc'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  defaults: defaultClaim,
  status: {},
})

/** Also of the templates in a StatefulSet. */
export function defaultClaim(draft: Draft<PersistentVolumeClaim>): void {
  draft.status ??= {}
  draft.status.phase ||= 'Pending'
  if (draft.spec) defaultClaimSpec(draft.spec)
}
