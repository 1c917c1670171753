// The storage class that a claim or a volume names, and the one that claims get that name none. Pure.
//
// Upstream: staging/src/k8s.io/component-helpers/storage/volume/helpers.go, pkg/volume/util/storageclass.go

import { defaultClass } from '#api/kinds/default-class.ts'
import type { PersistentVolume, PersistentVolumeClaim } from '#api/types/core.ts'
import type { StorageClass } from '#api/types/storage.ts'

const DEFAULT_ANNOTATIONS = [
  'storageclass.kubernetes.io/is-default-class',
  'storageclass.beta.kubernetes.io/is-default-class',
]
/** Where old clients write it. */
const CLASS_ANNOTATION = 'volume.beta.kubernetes.io/storage-class'

/** Whether a claim says which class it wants; '' asks for none. */
export const namesClass = ({ metadata, spec }: PersistentVolumeClaim): boolean =>
  metadata?.annotations?.[CLASS_ANNOTATION] !== undefined || spec?.storageClassName !== undefined

/** '' for none. */
export const classOf = ({ metadata, spec }: PersistentVolumeClaim | PersistentVolume): string =>
  metadata?.annotations?.[CLASS_ANNOTATION] ?? spec?.storageClassName ?? ''

export const defaultStorageClassOf = (classes: readonly StorageClass[]): StorageClass | undefined =>
  defaultClass(classes, DEFAULT_ANNOTATIONS)
