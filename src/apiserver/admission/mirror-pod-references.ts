// Which API objects a pod refers to, in the words that refuse a mirror pod for it. Pure.
//
// A node must not be able to make a pod that gives it the right to read something. Upstream: pkg/api/pod/util.go
// (HasAPIObjectReference)

import type { Pod, Volume } from '#api/types/core.ts'
import { configMapNames, secretNames } from '#apiserver/authorization/pod-references.ts'

/** Volumes that need nothing from the API. */
const HARMLESS = new Set<keyof Volume>([
  'awsElasticBlockStore',
  'azureDisk',
  'cephfs',
  'cinder',
  'downwardAPI',
  'emptyDir',
  'fc',
  'flexVolume',
  'flocker',
  'gcePersistentDisk',
  'gitRepo',
  'hostPath',
  'image',
  'iscsi',
  'nfs',
  'photonPersistentDisk',
  'portworxVolume',
  'quobyte',
  'rbd',
  'scaleIO',
  'storageos',
  'vsphereVolume',
])

/** The first kind of object that the pod refers to; undefined where it refers to none. */
export function apiReference(pod: Pod): string | undefined {
  if (pod.spec?.serviceAccountName) return 'serviceaccounts'
  if (secretNames(pod).size > 0) return 'secrets'
  if (configMapNames(pod).size > 0) return 'configmaps'
  if (pod.spec?.resourceClaims?.length) return 'resourceclaims'
  for (const volume of pod.spec?.volumes ?? []) {
    const found = volumeReference(volume)
    if (found) return found
  }
  return undefined
}

function volumeReference(volume: Volume): string | undefined {
  if (volume.configMap) return 'configmaps (via configmap volumes)'
  if (volume.secret) return 'secrets (via secret volumes)'
  if (volume.csi) return 'csidrivers (via CSI volumes)'
  if (volume.glusterfs) return 'endpoints (via glusterFS volumes)'
  if (volume.persistentVolumeClaim) return 'persistentvolumeclaims'
  if (volume.ephemeral) return 'persistentvolumeclaims (via ephemeral volumes)'
  if (volume.azureFile) return 'secrets (via azureFile volumes)'
  for (const source of volume.projected?.sources ?? []) {
    if (source.configMap) return 'configmaps (via projected volumes)'
    if (source.secret) return 'secrets (via projected volumes)'
    if (source.serviceAccountToken) return 'serviceaccounts (via projected volumes)'
    if (source.clusterTrustBundle) return 'clustertrustbundles'
    if (source.podCertificate) return 'podcertificates'
  }
  const isHarmless = volume.projected || Object.keys(volume).some((key) => HARMLESS.has(key as keyof Volume))
  return isHarmless ? undefined : 'volumes of an unknown type'
}
