// How the tables of volumes and claims write modes, classes and phases.
//
// Upstream: pkg/apis/core/helper/helpers.go, pkg/printers/internalversion/printers.go

import type { ObjectMeta } from '#api/meta/object.ts'

const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

export const UNSET = '<unset>'

const SHORT_MODES = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** `RWO,ROX` */
export const shortModes = (modes: readonly string[] | undefined): string =>
  Object.entries(SHORT_MODES)
    .flatMap(([mode, short]) => (modes?.includes(mode) ? [short] : []))
    .join(',')

/** Named by the annotation of old, or by the field. */
export const storageClassOf = (
  metadata: ObjectMeta | undefined,
  spec: { readonly storageClassName?: string } | undefined,
): string => metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? ''

export const phaseOf = (object: {
  readonly metadata?: ObjectMeta
  readonly status?: { readonly phase?: string }
}): string => (object.metadata?.deletionTimestamp ? 'Terminating' : (object.status?.phase ?? ''))
