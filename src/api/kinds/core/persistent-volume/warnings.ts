// Ways to say where a volume is that are old or gone. Upstream: pkg/api/persistentvolume/util.go

import { termWarnings } from '#api/kinds/core/node-label-warnings.ts'
import { Path } from '#api/meta/field-error.ts'
import type { PersistentVolume, PersistentVolumeSpec } from '#api/types/core.ts'

const SPEC = new Path('spec')
const ANNOTATIONS = new Path('metadata').child('annotations')

const OLD_ANNOTATIONS = {
  'volume.beta.kubernetes.io/storage-class':
    'deprecated since v1.8; use "storageClassName" attribute instead',
  'volume.beta.kubernetes.io/mount-options': 'deprecated since v1.31; use "mountOptions" attribute instead',
}

const GONE_SOURCES: readonly (readonly [field: keyof PersistentVolumeSpec, path: string, text: string])[] = [
  ['cephfs', 'cephfs', 'deprecated in v1.28, non-functional in v1.31+'],
  ['photonPersistentDisk', 'photonPersistentDisk', 'deprecated in v1.11, non-functional in v1.16+'],
  ['scaleIO', 'scaleIO', 'deprecated in v1.16, non-functional in v1.22+'],
  ['storageos', 'storageOS', 'deprecated in v1.22, non-functional in v1.25+'],
  ['glusterfs', 'glusterfs', 'deprecated in v1.25, non-functional in v1.26+'],
  ['rbd', 'rbd', 'deprecated in v1.28, non-functional in v1.31+'],
]

const RECYCLE =
  'The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning.'

export function* volumeWarnings({
  metadata,
  spec = {},
}: PersistentVolume): Generator<string, void, undefined> {
  for (const [key, text] of Object.entries(OLD_ANNOTATIONS)) {
    if (metadata?.annotations?.[key] !== undefined) yield `${ANNOTATIONS.key(key)}: ${text}`
  }
  if (spec.persistentVolumeReclaimPolicy === 'Recycle') {
    yield `${SPEC.child('persistentVolumeReclaimPolicy')}: ${RECYCLE}`
  }
  const terms = spec.nodeAffinity?.required?.nodeSelectorTerms ?? []
  const path = SPEC.child('nodeAffinity', 'required', 'nodeSelectorTerms')
  for (const [i, term] of terms.entries()) yield* termWarnings(term, path.index(i), false)
  for (const [field, at, text] of GONE_SOURCES) if (spec[field]) yield `${SPEC.child(at)}: ${text}`
}
