// The sources of volumes that pods and PersistentVolumes share, or nearly share: what each of them needs.
//
// Upstream: validate…VolumeSource in pkg/apis/core/validation/validation.go

import { noBacksteps } from '#api/kinds/core/pod/paths.ts'
import { invalid, notSupported, type Path, required, tooLong } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import { dnsLabel, each, type FieldErrors, inclusiveRange, oneOf } from '#api/meta/validation.ts'
import type {
  AzureDiskVolumeSource,
  FCVolumeSource,
  FlockerVolumeSource,
  HostPathVolumeSource,
  ISCSIVolumeSource,
  NFSVolumeSource,
  QuobyteVolumeSource,
} from '#api/types/core.ts'

/** A `Required value` for each named field that is empty. */
export function* needs(path: Path, source: object, ...names: readonly string[]): FieldErrors {
  for (const name of names)
    if (isEmpty((source as Record<string, unknown>)[name])) yield required(path.child(name))
}

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || value === '' || (Array.isArray(value) && value.length === 0)

const HOST_PATH_TYPES = [
  '',
  'BlockDevice',
  'CharDevice',
  'Directory',
  'DirectoryOrCreate',
  'File',
  'FileOrCreate',
  'Socket',
]

export function* hostPathSource(source: HostPathVolumeSource, path: Path): FieldErrors {
  if (!source.path) {
    yield required(path.child('path'))
    return
  }
  yield* noBacksteps(path.child('path'), source.path)
  if (source.type !== undefined) yield* oneOf(path.child('type'), source.type, HOST_PATH_TYPES)
}

export function* partitionedDisk(
  source: { readonly partition?: number },
  path: Path,
  id: string,
): FieldErrors {
  yield* needs(path, source, id)
  const partition = source.partition ?? 0
  if (partition < 0 || partition > 255)
    yield invalid(path.child('partition'), partition, inclusiveRange(1, 255))
}

export function* nfsSource(source: NFSVolumeSource, path: Path): FieldErrors {
  yield* needs(path, source, 'server', 'path')
  if (!source.path?.startsWith('/'))
    yield invalid(path.child('path'), source.path ?? '', 'must be an absolute path')
}

const INITIATOR_FORMATS = [
  { prefix: 'iqn', pattern: /iqn\.\d{4}-\d{2}\.([A-Za-z0-9\-.]+)(:[^,;*&$|\s]+)$/ },
  { prefix: 'eui', pattern: /^eui.[A-Za-z0-9]{16}$/ },
  { prefix: 'naa', pattern: /^naa.[A-Za-z0-9]{32}$/ },
] as const

/** What is wrong with the name of an initiator or target; undefined for nothing. */
function initiatorProblem(name: string): 'prefix' | 'format' | undefined {
  const format = INITIATOR_FORMATS.find(({ prefix }) => name.startsWith(prefix))
  if (!format) return 'prefix'
  return format.pattern.test(name) ? undefined : 'format'
}

const WRONG_PREFIX = 'must be valid format starting with iqn, eui, or naa'
const WRONG_FORMAT = 'must be valid format'

type Iscsi = Omit<ISCSIVolumeSource, 'secretRef'> & { readonly secretRef?: { readonly name?: string } }

/** `isPersistent` for the source of a PersistentVolume, whose rules differ in small ways. */
export function* iscsiSource(source: Iscsi, path: Path, isPersistent = false): FieldErrors {
  yield* needs(path, source, 'targetPortal')
  if (!source.iqn) yield required(path.child('iqn'))
  else {
    const problem = initiatorProblem(source.iqn)
    if (problem) {
      yield invalid(
        path.child('iqn'),
        source.iqn,
        problem === 'prefix' && !isPersistent ? WRONG_PREFIX : WRONG_FORMAT,
      )
    }
  }
  const lun = source.lun ?? 0
  if (lun < 0 || lun > 255) yield invalid(path.child('lun'), lun, inclusiveRange(0, 255))
  if ((source.chapAuthDiscovery || source.chapAuthSession) && !source.secretRef)
    yield required(path.child('secretRef'))
  if (isPersistent && source.secretRef && !source.secretRef.name)
    yield required(path.child('secretRef', 'name'))
  if (source.initiatorName !== undefined) {
    const problem = initiatorProblem(source.initiatorName)
    const detail = problem === 'prefix' && !isPersistent ? WRONG_PREFIX : WRONG_FORMAT
    if (problem) yield invalid(path.child('initiatorname'), source.initiatorName, detail)
  }
}

export const ISCSI_NAME_TOO_LONG =
  'Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is specified.'

export function* fcSource(source: FCVolumeSource, path: Path): FieldErrors {
  const targets = source.targetWWNs ?? []
  const wwids = source.wwids ?? []
  if (targets.length === 0 && wwids.length === 0) {
    yield required(path.child('targetWWNs'), 'must specify either targetWWNs or wwids, but not both')
  }
  if (targets.length > 0 && wwids.length > 0) {
    yield invalid(
      path.child('targetWWNs'),
      targets,
      'targetWWNs and wwids can not be specified simultaneously',
    )
  }
  if (targets.length === 0) return
  if (source.lun === undefined)
    yield required(path.child('lun'), 'lun is required if targetWWNs is specified')
  else if (source.lun < 0 || source.lun > 255)
    yield invalid(path.child('lun'), source.lun, inclusiveRange(0, 255))
}

const HOST_PORT_PAIRS = 'must be a host:port pair or multiple pairs separated by commas'

export function* quobyteSource(source: QuobyteVolumeSource, path: Path): FieldErrors {
  if (!source.registry) yield required(path.child('registry'), HOST_PORT_PAIRS)
  else if ((source.tenant ?? '').length >= 65) {
    yield required(path.child('tenant'), 'must be a UUID and may not exceed a length of 64 characters')
  } else {
    for (const pair of source.registry.split(',')) {
      if (!isHostPort(pair)) yield invalid(path.child('registry'), source.registry, HOST_PORT_PAIRS)
    }
  }
  yield* needs(path, source, 'volume')
}

const isHostPort = (text: string): boolean => /^(\[[^[\]]*\]|[^:[\]]*):[^:[\]]*$/.test(text)

export function* flockerSource(source: FlockerVolumeSource, path: Path): FieldErrors {
  if (!source.datasetName && !source.datasetUUID)
    yield required(path, 'one of datasetName and datasetUUID is required')
  if (source.datasetName && source.datasetUUID) {
    yield invalid(path, 'resource', 'datasetName and datasetUUID can not be specified simultaneously')
  }
  if (source.datasetName?.includes('/')) {
    yield invalid(path.child('datasetName'), source.datasetName, "must not contain '/'")
  }
}

interface WithSecret {
  readonly secretRef?: { readonly name?: string; readonly namespace?: string }
}

/** A reference to a secret names it, and in a PersistentVolume also its namespace. */
export function* secretOf(source: WithSecret, path: Path, isPersistent: boolean): FieldErrors {
  if (!source.secretRef) return
  if (!source.secretRef.name) yield required(path.child('secretRef', 'name'))
  if (isPersistent && !source.secretRef.namespace) yield required(path.child('secretRef', 'namespace'))
}

export function* flexSource(
  source: { readonly driver: string; readonly options?: Readonly<Record<string, string>> },
  path: Path,
): FieldErrors {
  yield* needs(path, source, 'driver')
  for (const key of Object.keys(source.options ?? {})) {
    const domain = `.${key.split('/')[0]!.toLowerCase()}`
    if (domain.endsWith('.kubernetes.io') || domain.endsWith('.k8s.io')) {
      yield invalid(path.child('options').key(key), key, 'kubernetes.io and k8s.io namespaces are reserved')
    }
  }
}

const MANAGED_DISK =
  '/subscriptions/{sub-id}/resourcegroups/{group-name}/providers/microsoft.compute/disks/{disk-id}'
const BLOB_DISK = 'https://{account-name}.blob.core.windows.net/{container-name}/{disk-name}.vhd'

export function* azureDiskSource(source: AzureDiskVolumeSource, path: Path): FieldErrors {
  const { cachingMode, kind } = source
  yield* needs(path, source, 'diskName', 'diskURI')
  if (cachingMode !== undefined)
    yield* oneOf(path.child('cachingMode'), cachingMode, ['None', 'ReadOnly', 'ReadWrite'])
  if (kind !== undefined) yield* oneOf(path.child('kind'), kind, ['Dedicated', 'Managed', 'Shared'])
  const uri = source.diskURI ?? ''
  if (kind === 'Managed' && !uri.startsWith('/subscriptions/')) {
    yield notSupported(path.child('diskURI'), uri, [MANAGED_DISK])
  }
  if (kind !== undefined && kind !== 'Managed' && !uri.startsWith('https://')) {
    yield notSupported(path.child('diskURI'), uri, [BLOB_DISK])
  }
}

interface StorageOS extends WithSecret {
  readonly volumeName?: string
  readonly volumeNamespace?: string
}

export function* storageOSSource(source: StorageOS, path: Path, isPersistent = false): FieldErrors {
  if (!source.volumeName) yield required(path.child('volumeName'))
  else yield* dnsLabel(path.child('volumeName'), source.volumeName)
  if (source.volumeNamespace) yield* dnsLabel(path.child('volumeNamespace'), source.volumeNamespace)
  yield* secretOf(source, path, isPersistent)
}

/** The name of a CSI driver: a domain of at most 63 bytes, in any case. */
export function* csiDriverName(path: Path, name: string | undefined): FieldErrors {
  if (!name) {
    yield required(path)
    return
  }
  if (Buffer.byteLength(name) > 63) yield tooLong(path, 63)
  yield* each(path, name, isDNS1123Subdomain(name.toLowerCase()))
}
