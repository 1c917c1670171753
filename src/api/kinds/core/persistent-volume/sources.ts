// Where the bytes of a PersistentVolume are: exactly one of many kinds of storage.
//
// SOURCES is in upstream's order, which decides which of several sources counts and which are reported; so are
// the odd spellings of some paths. Upstream: ValidatePersistentVolumeSpec in pkg/apis/core/validation/validation.go

import { noBacksteps } from '#api/kinds/core/pod/paths.ts'
import {
  azureDiskSource,
  csiDriverName,
  fcSource,
  flexSource,
  flockerSource,
  hostPathSource,
  ISCSI_NAME_TOO_LONG,
  iscsiSource,
  needs,
  nfsSource,
  partitionedDisk,
  quobyteSource,
  secretOf,
  storageOSSource,
} from '#api/kinds/core/pod/volume-sources.ts'
import { type FieldError, forbidden, invalid, Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSLabel } from '#api/meta/names.ts'
import { dnsLabel, dnsSubdomain, each, type FieldErrors } from '#api/meta/validation.ts'
import type {
  AzureFilePersistentVolumeSource,
  CinderPersistentVolumeSource,
  CSIPersistentVolumeSource,
  GlusterfsPersistentVolumeSource,
  ISCSIPersistentVolumeSource,
  LocalVolumeSource,
  PersistentVolumeSpec,
  SecretReference,
} from '#api/types/core.ts'

const SPEC = new Path('spec')

interface SourceRule {
  readonly field: keyof PersistentVolumeSpec
  /** The path in errors, where it is not the field. */
  readonly at?: string
  /** The path of the error that says there are two sources, where it is not the field. */
  readonly conflictAt?: string
  // biome-ignore lint/suspicious/noExplicitAny: each rule knows the type of its own field
  check(source: any, path: Path, volumeName: string): Iterable<FieldError>
}

const SOURCES: readonly SourceRule[] = [
  { field: 'hostPath', check: hostPathSource },
  {
    field: 'gcePersistentDisk',
    at: 'persistentDisk',
    check: (s, path) => partitionedDisk(s, path, 'pdName'),
  },
  { field: 'awsElasticBlockStore', check: (s, path) => partitionedDisk(s, path, 'volumeID') },
  { field: 'glusterfs', check: glusterfs },
  { field: 'flocker', check: flockerSource },
  { field: 'nfs', check: nfsSource },
  { field: 'rbd', check: (s, path) => needs(path, s, 'monitors', 'image') },
  { field: 'quobyte', check: quobyteSource },
  { field: 'cephfs', conflictAt: 'cephFS', check: (s, path) => needs(path, s, 'monitors') },
  { field: 'iscsi', check: iscsi },
  { field: 'cinder', check: cinder },
  { field: 'fc', check: fcSource },
  { field: 'flexVolume', check: flexSource },
  { field: 'azureFile', check: azureFile },
  { field: 'vsphereVolume', check: (s, path) => needs(path, s, 'volumePath') },
  { field: 'photonPersistentDisk', check: (s, path) => needs(path, s, 'pdID') },
  { field: 'portworxVolume', check: (s, path) => needs(path, s, 'volumeID') },
  { field: 'azureDisk', check: azureDiskSource },
  { field: 'scaleIO', check: (s, path) => needs(path, s, 'gateway', 'system', 'volumeName') },
  { field: 'local', check: local },
  { field: 'storageos', check: (s, path) => storageOSSource(s, path, true) },
  { field: 'csi', check: csi },
]

export function* validateSources(
  spec: PersistentVolumeSpec,
  volumeName: string,
  root: Path = SPEC,
): FieldErrors {
  let found = false
  for (const { field, at, conflictAt, check } of SOURCES) {
    const source = spec[field]
    if (source === undefined) continue
    if (found && field !== 'flexVolume') {
      yield forbidden(root.child(conflictAt ?? field), 'may not specify more than 1 volume type')
      continue
    }
    found = true
    yield* check(source, root.child(at ?? field), volumeName)
    if (field === 'local' && !spec.nodeAffinity) {
      yield required(root.child('nodeAffinity'), 'Local volume requires node affinity')
    }
  }
  if (!found) yield required(root, 'must specify a volume type')
}

function* glusterfs(source: GlusterfsPersistentVolumeSource, path: Path): FieldErrors {
  yield* needs(path, source, 'endpoints', 'path')
  const { endpointsNamespace: namespace } = source
  if (namespace === undefined) return
  const text = 'if the endpointnamespace is set, it must be a valid namespace name'
  const reasons = namespace === '' ? [text] : nameIsDNSLabel(namespace, false)
  yield* each(path.child('endpointsNamespace'), namespace, reasons)
}

function* iscsi(source: ISCSIPersistentVolumeSource, path: Path, volumeName: string): FieldErrors {
  const length = Buffer.byteLength(`${volumeName}:${source.targetPortal}`)
  if (source.initiatorName !== undefined && length > 64) {
    yield invalid(path.child('targetportal'), source.targetPortal, ISCSI_NAME_TOO_LONG)
  }
  yield* iscsiSource(source, path, true)
}

function* cinder(source: CinderPersistentVolumeSource, path: Path): FieldErrors {
  yield* needs(path, source, 'volumeID')
  yield* secretOf(source, path, true)
}

function* azureFile(source: AzureFilePersistentVolumeSource, path: Path): FieldErrors {
  yield* needs(path, source, 'secretName', 'shareName')
  if (source.secretNamespace === '') yield required(path.child('secretNamespace'))
}

function* local(source: LocalVolumeSource, path: Path): FieldErrors {
  if (!source.path) yield required(path.child('path'))
  else yield* noBacksteps(path.child('path'), source.path)
}

const CSI_SECRETS = [
  'controllerPublishSecretRef',
  'controllerExpandSecretRef',
  'nodePublishSecretRef',
  'nodeExpandSecretRef',
] as const

function* csi(source: CSIPersistentVolumeSource, path: Path): FieldErrors {
  yield* csiDriverName(path.child('driver'), source.driver)
  yield* needs(path, source, 'volumeHandle')
  for (const name of CSI_SECRETS) {
    const reference = source[name]
    if (reference) yield* secretReference(reference, path.child(name))
  }
}

function* secretReference({ name, namespace }: SecretReference, path: Path): FieldErrors {
  if (!name) yield required(path.child('name'))
  else yield* dnsSubdomain(path.child('name'), name)
  if (!namespace) yield required(path.child('namespace'))
  else yield* dnsLabel(path.child('namespace'), namespace)
}
