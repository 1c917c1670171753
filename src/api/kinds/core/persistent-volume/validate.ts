// Whether a PersistentVolume is well formed, and what of it an update may change: all but where its bytes are.
//
// Upstream: ValidatePersistentVolume and ValidatePersistentVolumeUpdate in pkg/apis/core/validation/validation.go,
// pkg/volume/validation/pv_validation.go

import { accessModes, className, volumeMode } from '#api/kinds/core/claim-spec.ts'
import { validateSources } from '#api/kinds/core/persistent-volume/sources.ts'
import { hasInvalidValues, nodeSelector } from '#api/kinds/core/pod/affinity.ts'
import { basicQuantity, positiveQuantity } from '#api/kinds/core/resource-names.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { clusterMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { forbidden, invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { unifiedDiff } from '#api/meta/unified-diff.ts'
import { type FieldErrors, IS_IMMUTABLE, immutable, oneOf } from '#api/meta/validation.ts'
import type {
  NodeSelectorTerm,
  PersistentVolume,
  PersistentVolumeSpec,
  VolumeNodeAffinity,
} from '#api/types/core.ts'

const SPEC = new Path('spec')
const MOUNT_OPTIONS = 'volume.beta.kubernetes.io/mount-options'

const specOf = (volume: PersistentVolume): PersistentVolumeSpec => volume.spec ?? {}

/** Judged on creation, and on an update more than once, as upstream does. */
export function* validateVolume(volume: PersistentVolume, old: PersistentVolume | undefined): FieldErrors {
  yield* metadataAndSpec(volume, old)
  yield* mountOptions(volume)
}

function* metadataAndSpec(volume: PersistentVolume, old: PersistentVolume | undefined): FieldErrors {
  yield* clusterMetadata(volume)
  yield* validateSpec(specOf(volume), volume.metadata?.name ?? '', old && specOf(old))
}

export function* validateVolumeUpdate(volume: PersistentVolume, old: PersistentVolume): FieldErrors {
  yield* validateVolume(volume, old)
  yield* metadataAndSpec(volume, old)
  const spec = specOf(volume)
  const before = specOf(old)
  yield* sourceStays(spec, before)
  yield* immutable(new Path('volumeMode'), spec.volumeMode, before.volumeMode)
  if (before.nodeAffinity) yield* affinityStays(spec.nodeAffinity, before.nodeAffinity)
  if (before.volumeAttributesClassName !== undefined && spec.volumeAttributesClassName === undefined) {
    yield forbidden(SPEC.child('volumeAttributesClassName'), 'update from non-nil value to nil is forbidden')
  }
}

function* validateSpec(
  spec: PersistentVolumeSpec,
  volumeName: string,
  old: PersistentVolumeSpec | undefined,
): FieldErrors {
  if ((spec.accessModes ?? []).length === 0) yield required(SPEC.child('accessModes'))
  yield* accessModes(spec.accessModes ?? [], SPEC.child('accessModes'))
  yield* capacity(spec)
  const policy = spec.persistentVolumeReclaimPolicy
  const policyPath = SPEC.child('persistentVolumeReclaimPolicy')
  if (policy) yield* oneOf(policyPath, policy, ['Delete', 'Recycle', 'Retain'])
  if (spec.nodeAffinity) yield* nodeAffinity(spec.nodeAffinity, old?.nodeAffinity)
  yield* validateSources(spec, volumeName)
  if (spec.hostPath && isRoot(spec.hostPath.path) && policy === 'Recycle') {
    yield forbidden(policyPath, "may not be 'recycle' for a hostPath mount of '/'")
  }
  yield* className(spec.storageClassName, SPEC.child('storageClassName'))
  if (spec.volumeMode !== undefined) yield* volumeMode(spec.volumeMode, SPEC.child('volumeMode'))
  yield* attributesClass(spec)
}

/** `/`, however it is written. */
const isRoot = (path = ''): boolean =>
  path.startsWith('/') && path.split('/').every((part) => part === '' || part === '.')

/** Storage, and nothing else. */
function* capacity(spec: PersistentVolumeSpec): FieldErrors {
  const path = SPEC.child('capacity')
  const amounts = Object.entries(spec.capacity ?? {})
  if (amounts.length === 0) yield required(path)
  if (spec.capacity?.['storage'] === undefined || amounts.length > 1) {
    yield notSupported(path, spec.capacity, ['storage'])
  }
  for (const [name, amount] of amounts) {
    yield* basicQuantity(path.key(name), amount)
    yield* positiveQuantity(path.key(name), amount)
  }
}

function* nodeAffinity(
  { required: selector }: VolumeNodeAffinity,
  old: VolumeNodeAffinity | undefined,
): FieldErrors {
  const path = SPEC.child('nodeAffinity').child('required')
  if (selector) yield* nodeSelector(selector, path, hasInvalidValues(old?.required))
  else yield required(path, 'must specify required node constraints')
}

function* attributesClass(spec: PersistentVolumeSpec): FieldErrors {
  const name = spec.volumeAttributesClassName
  if (name === undefined) return
  const path = SPEC.child('volumeAttributesClassName')
  if (name === '') yield required(path, 'an empty string is disallowed')
  yield* className(name, path)
  if (!spec.csi) {
    yield required(SPEC.child('csi'), 'has to be specified when using volumeAttributesClassName')
  }
}

const WITH_MOUNT_OPTIONS = [
  'gcePersistentDisk',
  'awsElasticBlockStore',
  'glusterfs',
  'nfs',
  'rbd',
  'quobyte',
  'iscsi',
  'cinder',
  'cephfs',
  'azureFile',
  'vsphereVolume',
  'azureDisk',
  'photonPersistentDisk',
] as const

function* mountOptions(volume: PersistentVolume): FieldErrors {
  if (volume.metadata?.annotations?.[MOUNT_OPTIONS] === undefined) return
  if (WITH_MOUNT_OPTIONS.some((name) => specOf(volume)[name])) return
  const path = new Path('metadata').child('annotations', MOUNT_OPTIONS)
  yield forbidden(path, 'may not specify mount options for this volume type')
}

function* sourceStays(spec: PersistentVolumeSpec, old: PersistentVolumeSpec): FieldErrors {
  const { csi, ...rest } = spec
  let after: PersistentVolumeSpec = spec
  if (csi?.controllerExpandSecretRef && old.csi && !old.csi.controllerExpandSecretRef) {
    // This secret may be added later.
    const { controllerExpandSecretRef: _, ...driver } = csi
    after = { ...rest, csi: driver }
  }
  const [before, now] = [
    internalForm('PersistentVolumeSource', old),
    internalForm('PersistentVolumeSource', after),
  ]
  if (semanticEqual(before, now)) return
  const text = `spec.persistentvolumesource is immutable after creation\n${unifiedDiff(before, now)}`
  yield forbidden(SPEC.child('persistentvolumesource'), text)
}

/** Labels of nodes that got a new name when they left beta. */
const NEW_KEYS: Readonly<Record<string, string>> = {
  'failure-domain.beta.kubernetes.io/zone': 'topology.kubernetes.io/zone',
  'failure-domain.beta.kubernetes.io/region': 'topology.kubernetes.io/region',
  'beta.kubernetes.io/os': 'kubernetes.io/os',
  'beta.kubernetes.io/arch': 'kubernetes.io/arch',
  'beta.kubernetes.io/instance-type': 'node.kubernetes.io/instance-type',
}

function* affinityStays(affinity: VolumeNodeAffinity | undefined, old: VolumeNodeAffinity): FieldErrors {
  if (affinity && semanticEqual(affinity, withNewKeys(old, affinity))) return
  const shown = internalForm('VolumeNodeAffinity', affinity)
  const text = `${IS_IMMUTABLE}, except for updating from beta label to GA`
  yield invalid(new Path('nodeAffinity'), shown, text)
}

/** `old` with the new names of labels where `affinity` has those. */
function withNewKeys(old: VolumeNodeAffinity, affinity: VolumeNodeAffinity): VolumeNodeAffinity {
  if (!old.required) return old
  const after = affinity.required?.nodeSelectorTerms ?? []
  const renamed = (term: NodeSelectorTerm, i: number, name: 'matchExpressions' | 'matchFields') =>
    term[name]?.map((requirement, j) => {
      // A label without a new name may lose its name: so it is upstream, where validation refuses it anyway.
      const key = NEW_KEYS[requirement.key] ?? ''
      return after[i]?.[name]?.[j]?.key === key ? { ...requirement, key } : requirement
    })
  const terms = old.required.nodeSelectorTerms.map((term, i) => {
    const matchExpressions = renamed(term, i, 'matchExpressions')
    const matchFields = renamed(term, i, 'matchFields')
    return { ...(matchExpressions && { matchExpressions }), ...(matchFields && { matchFields }) }
  })
  return { required: { nodeSelectorTerms: terms } }
}
