// What volumes mean where they say nothing: the modes of their files, the kind of a hostPath, and so on.
//
// Upstream: pkg/apis/core/v1/defaults.go, zz_generated.defaults.go

import { imagePullPolicyFor } from '#api/kinds/core/pod/image-name.ts'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import type {
  AzureDiskVolumeSource,
  ObjectFieldSelector,
  PersistentVolumeClaimSpec,
  ProjectedVolumeSource,
  Volume,
} from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const FILE_MODE = 0o644
const TOKEN_LIFETIME_SECONDS = 3600

export function defaultVolumes(volumes: Draft<Volume>[]): void {
  for (const volume of volumes) {
    // A name alone is an empty directory.
    if (Object.keys(volume).every((key) => key === 'name')) volume.emptyDir = {}
    if (volume.image) volume.image.pullPolicy ||= imagePullPolicyFor(volume.image.reference ?? '')
    if (volume.hostPath) volume.hostPath.type ??= ''
    if (volume.secret) volume.secret.defaultMode ??= FILE_MODE
    if (volume.configMap) volume.configMap.defaultMode ??= FILE_MODE
    if (volume.downwardAPI) {
      volume.downwardAPI.defaultMode ??= FILE_MODE
      for (const { fieldRef } of volume.downwardAPI.items ?? []) if (fieldRef) defaultFieldRef(fieldRef)
    }
    if (volume.projected) defaultProjected(volume.projected)
    if (volume.ephemeral?.volumeClaimTemplate) defaultClaimSpec(volume.ephemeral.volumeClaimTemplate.spec)
    defaultNetworkVolume(volume)
  }
}

/** Sources that PersistentVolumes have too. */
export function defaultNetworkVolume(
  volume: Draft<Pick<Volume, 'iscsi' | 'rbd' | 'azureDisk'>> & {
    scaleIO?: { storageMode?: string; fsType?: string }
  },
): void {
  if (volume.iscsi) volume.iscsi.iscsiInterface ||= 'default'
  if (volume.rbd) {
    volume.rbd.pool ||= 'rbd'
    volume.rbd.user ||= 'admin'
    volume.rbd.keyring ||= '/etc/ceph/keyring'
  }
  if (volume.azureDisk) defaultAzureDisk(volume.azureDisk)
  if (volume.scaleIO) {
    volume.scaleIO.storageMode ||= 'ThinProvisioned'
    volume.scaleIO.fsType ||= 'xfs'
  }
}

function defaultAzureDisk(disk: Draft<AzureDiskVolumeSource>): void {
  disk.cachingMode ??= 'ReadWrite'
  disk.fsType ??= 'ext4'
  disk.readOnly ??= false
  disk.kind ??= 'Shared'
}

function defaultProjected(projected: Draft<ProjectedVolumeSource>): void {
  projected.defaultMode ??= FILE_MODE
  for (const source of projected.sources ?? []) {
    for (const { fieldRef } of source.downwardAPI?.items ?? []) if (fieldRef) defaultFieldRef(fieldRef)
    if (source.serviceAccountToken) source.serviceAccountToken.expirationSeconds ??= TOKEN_LIFETIME_SECONDS
  }
}

export function defaultFieldRef(reference: Draft<ObjectFieldSelector>): void {
  reference.apiVersion ||= 'v1'
}

export function defaultClaimSpec(spec: Draft<PersistentVolumeClaimSpec>): void {
  spec.volumeMode ??= 'Filesystem'
  roundResources(spec.resources?.limits)
  roundResources(spec.resources?.requests)
}
