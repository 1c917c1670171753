// Whether a pod asks for a service account token of some audience: by a projected volume or through a CSI driver.
//
// Upstream: plugin/pkg/admission/noderestriction/admission.go (podReferencesAudience)

import type { PersistentVolume, PersistentVolumeClaim, Pod, Volume } from '#api/types/core.ts'
import type { CSIDriver } from '#api/types/storage.ts'

export interface AudienceLookups {
  claim(namespace: string, name: string): Promise<PersistentVolumeClaim | undefined>
  volume(name: string): Promise<PersistentVolume | undefined>
  csiDriver(name: string): Promise<CSIDriver | undefined>
}

export async function refersToAudience(
  lookups: AudienceLookups,
  pod: Pod,
  audience: string,
): Promise<boolean> {
  const volumes = pod.spec?.volumes ?? []
  const tokens = volumes.flatMap((volume) => volume.projected?.sources ?? [])
  if (
    tokens.some(
      ({ serviceAccountToken }) => serviceAccountToken && (serviceAccountToken.audience ?? '') === audience,
    )
  ) {
    return true
  }
  for (const volume of volumes) {
    const driver = await driverOf(lookups, pod, volume)
    const requests = driver === undefined ? [] : ((await lookups.csiDriver(driver))?.spec.tokenRequests ?? [])
    if (requests.some((request) => request.audience === audience)) return true
  }
  return false
}

async function driverOf(lookups: AudienceLookups, pod: Pod, volume: Volume): Promise<string | undefined> {
  if (volume.csi) return volume.csi.driver
  const claimName =
    volume.persistentVolumeClaim?.claimName ??
    (volume.ephemeral ? `${pod.metadata?.name ?? ''}-${volume.name}` : undefined)
  if (claimName === undefined) return undefined
  const claim = await lookups.claim(pod.metadata?.namespace ?? '', claimName)
  const name = claim?.spec?.volumeName
  return name ? (await lookups.volume(name))?.spec?.csi?.driver : undefined
}
