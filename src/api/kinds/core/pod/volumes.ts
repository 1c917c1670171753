// The volumes of a pod: each has a name of its own and exactly one source.
//
// SOURCES is in upstream's order, which decides which of several sources counts and which are reported; so are
// the odd spellings of some paths. Upstream: ValidateVolumes in pkg/apis/core/validation/validation.go

import { claimTemplate } from '#api/kinds/core/claim-spec.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { localPath } from '#api/kinds/core/pod/paths.ts'
import {
  configMapSource,
  downwardApiSource,
  projectedSource,
  secretSource,
} from '#api/kinds/core/pod/projected.ts'
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
import {
  duplicate,
  type FieldError,
  forbidden,
  goQuote,
  invalid,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import { isDNS1123Subdomain, nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { parseQuantity } from '#api/meta/quantity.ts'
import { dnsLabel, each, type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type { CSIVolumeSource, EphemeralVolumeSource, Volume } from '#api/types/core.ts'

/** The volumes that are well formed, by name: mounts may only refer to these. */
export type KnownVolumes = ReadonlyMap<string, Volume>

/** Checks all volumes; `known` is filled with those that mounts can refer to. `metadata` is absent for templates. */
export function* validateVolumes(
  volumes: readonly Volume[],
  metadata: ObjectMeta | undefined,
  path: Path,
  rules: PodRules,
  known: Map<string, Volume>,
): FieldErrors {
  const madeClaims = new Set(
    volumes.filter(({ ephemeral }) => ephemeral).map(({ name }) => `${metadata?.name}-${name}`),
  )
  for (const [i, volume] of volumes.entries()) {
    const at = path.index(i)
    const errors = [...validateVolume(volume, at, metadata, rules)]
    if (known.has(volume.name)) errors.push(duplicate(at.child('name'), volume.name))
    if (errors.length === 0) known.set(volume.name, volume)
    yield* errors
    const claim = volume.persistentVolumeClaim?.claimName
    if (metadata?.name && claim !== undefined && madeClaims.has(claim)) {
      const text = 'must not reference a PVC that gets created for an ephemeral volume'
      yield invalid(at.child('persistentVolumeClaim').child('claimName'), claim, text)
    }
  }
}

function* validateVolume(
  volume: Volume,
  path: Path,
  metadata: ObjectMeta | undefined,
  rules: PodRules,
): FieldErrors {
  yield* validateSource(volume, path, metadata, rules)
  if (!volume.name) yield required(path.child('name'))
  else yield* dnsLabel(path.child('name'), volume.name)
}

interface SourceRule {
  readonly field: keyof Volume
  /** The path in errors, where it is not the field. */
  readonly at?: string
  /** The path of the error that says there are two sources, where it is not the field. */
  readonly conflictAt?: string
  // biome-ignore lint/suspicious/noExplicitAny: each rule knows the type of its own field
  check(source: any, path: Path, rules: PodRules): Iterable<FieldError>
}

const SOURCES: readonly SourceRule[] = [
  { field: 'emptyDir', check: emptyDir },
  { field: 'hostPath', check: hostPathSource },
  { field: 'gitRepo', check: gitRepo },
  {
    field: 'gcePersistentDisk',
    at: 'persistentDisk',
    check: (s, path) => partitionedDisk(s, path, 'pdName'),
  },
  { field: 'awsElasticBlockStore', check: (s, path) => partitionedDisk(s, path, 'volumeID') },
  { field: 'secret', check: secretSource },
  { field: 'nfs', check: nfsSource },
  { field: 'iscsi', check: (s, path) => iscsiSource(s, path) },
  { field: 'glusterfs', check: (s, path) => needs(path, s, 'endpoints', 'path') },
  { field: 'flocker', check: flockerSource },
  { field: 'persistentVolumeClaim', check: (s, path) => needs(path, s, 'claimName') },
  { field: 'rbd', check: (s, path) => needs(path, s, 'monitors', 'image') },
  { field: 'cinder', check: cinder },
  { field: 'cephfs', conflictAt: 'cephFS', check: (s, path) => needs(path, s, 'monitors') },
  { field: 'quobyte', check: quobyteSource },
  { field: 'downwardAPI', conflictAt: 'downwarAPI', check: downwardApiSource },
  { field: 'fc', check: fcSource },
  { field: 'flexVolume', check: flexSource },
  { field: 'configMap', check: configMapSource },
  { field: 'azureFile', check: (s, path) => needs(path, s, 'secretName', 'shareName') },
  { field: 'vsphereVolume', check: (s, path) => needs(path, s, 'volumePath') },
  { field: 'photonPersistentDisk', check: (s, path) => needs(path, s, 'pdID') },
  { field: 'portworxVolume', check: (s, path) => needs(path, s, 'volumeID') },
  { field: 'azureDisk', check: azureDiskSource },
  { field: 'storageos', check: (s, path) => storageOSSource(s, path) },
  { field: 'projected', check: projectedSource },
  { field: 'scaleIO', check: (s, path) => needs(path, s, 'gateway', 'system', 'volumeName') },
  { field: 'csi', check: csi },
  { field: 'ephemeral', check: ephemeral },
  { field: 'image', check: image },
]

function* validateSource(
  volume: Volume,
  path: Path,
  metadata: ObjectMeta | undefined,
  rules: PodRules,
): FieldErrors {
  let found = false
  for (const rule of SOURCES) {
    const source = volume[rule.field]
    if (source === undefined) continue
    if (found) {
      yield forbidden(path.child(rule.conflictAt ?? rule.field), 'may not specify more than 1 volume type')
    } else {
      found = true
      yield* rule.check(source, path.child(rule.at ?? rule.field), rules)
      if (rule.field === 'ephemeral' && metadata?.name && volume.name) {
        yield* claimNameOf(`${metadata.name}-${volume.name}`, volume.name, path)
      }
    }
    if (rule.field === 'iscsi' && volume.iscsi?.initiatorName !== undefined) {
      if (`${volume.name}:${volume.iscsi.targetPortal}`.length > 64) {
        yield invalid(path.child('name'), volume.name, ISCSI_NAME_TOO_LONG)
      }
    }
  }
  if (!found) yield required(path, 'must specify a volume type')
}

/** The claim of an ephemeral volume is named after pod and volume. */
function* claimNameOf(claim: string, volumeName: string, path: Path): FieldErrors {
  for (const reason of isDNS1123Subdomain(claim)) {
    yield invalid(path.child('name'), volumeName, `PVC name ${goQuote(claim)}: ${reason}`)
  }
}

function* emptyDir(source: NonNullable<Volume['emptyDir']>, path: Path): FieldErrors {
  if (source.sizeLimit !== undefined && parseQuantity(source.sizeLimit).mantissa < 0n) {
    yield forbidden(path.child('sizeLimit'), 'SizeLimit field must be a valid resource quantity')
  }
}

function* gitRepo(source: NonNullable<Volume['gitRepo']>, path: Path): FieldErrors {
  yield* needs(path, source, 'repository')
  yield* localPath(path.child('directory'), source.directory ?? '')
}

function* cinder(source: NonNullable<Volume['cinder']>, path: Path): FieldErrors {
  yield* needs(path, source, 'volumeID')
  yield* secretOf(source, path, false)
}

function* csi(source: CSIVolumeSource, path: Path): FieldErrors {
  yield* csiDriverName(path.child('driver'), source.driver)
  const secret = source.nodePublishSecretRef
  if (!secret) return
  if (!secret.name) yield required(path.child('nodePublishSecretRef', 'name'))
  else yield* each(path.child('name'), secret.name, nameIsDNSSubdomain(secret.name, false))
}

function* ephemeral(source: EphemeralVolumeSource, path: Path): FieldErrors {
  if (!source.volumeClaimTemplate) yield required(path.child('volumeClaimTemplate'))
  else yield* claimTemplate(source.volumeClaimTemplate, path.child('volumeClaimTemplate'))
}

function* image(source: NonNullable<Volume['image']>, path: Path, rules: PodRules): FieldErrors {
  if (rules.isPod && !source.reference) yield required(path.child('reference'))
  yield* pullPolicy(source.pullPolicy, path.child('pullPolicy'))
}

export function* pullPolicy(policy: string | undefined, path: Path): FieldErrors {
  if (!policy) yield required(path)
  else yield* oneOf(path, policy, ['Always', 'IfNotPresent', 'Never'])
}
