// Volumes behind PersistentVolumeClaims: which PersistentVolume it is, and that it may be used here.
//
// Claims are asked for when a pod starts, as upstream does; they do not change under a running pod.
// Upstream: pkg/kubelet/volumemanager/populator. Left out: plugins other than hostPath and local (CSI).

import { persistentVolumeClaims, persistentVolumes } from '#api/resources.ts'
import type { PersistentVolume, Pod, Volume } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'

export interface ClaimedVolume {
  readonly volume: PersistentVolume
  readonly isReadOnly: boolean
}

/** The claim that a volume stands for; a generic ephemeral volume has one of its own. */
export function claimName(pod: Pod, volume: Volume): string | undefined {
  if (volume.persistentVolumeClaim) return volume.persistentVolumeClaim.claimName
  return volume.ephemeral ? `${pod.metadata?.name ?? ''}-${volume.name}` : undefined
}

/** Throws with the words that the pod's event shows. */
export async function claimedVolume(client: Client, pod: Pod, volume: Volume): Promise<ClaimedVolume> {
  const namespace = pod.metadata?.namespace ?? ''
  const name = claimName(pod, volume) ?? ''
  const fail = (why: string, cause?: unknown): never => {
    throw new Error(`error processing PVC ${namespace}/${name}: ${why}`, { cause })
  }
  const claim = await client
    .resource(persistentVolumeClaims)
    .get(namespace, name)
    .catch((error: unknown) =>
      fail(`failed to fetch PVC from API server: ${String((error as Error).message)}`, error),
    )
  if (
    volume.ephemeral &&
    claim.metadata?.ownerReferences?.every(({ uid }) => uid !== pod.metadata?.uid) !== false
  ) {
    fail(
      `PVC ${namespace}/${name} was not created for pod ${namespace}/${pod.metadata?.name ?? ''} (pod is not owner)`,
    )
  }
  if (claim.metadata?.deletionTimestamp && !pod.metadata?.deletionTimestamp) fail('PVC is being deleted')
  if (claim.status?.phase !== 'Bound') fail('PVC is not bound')
  const volumeName = claim.spec?.volumeName ?? ''
  if (volumeName === '') fail('PVC has empty pvc.Spec.VolumeName')
  const found = await client
    .resource(persistentVolumes)
    .get('', volumeName)
    .catch((error: unknown) =>
      fail(`failed to fetch PV ${volumeName} from API server: ${String((error as Error).message)}`, error),
    )
  if (found.spec?.claimRef?.uid !== claim.metadata?.uid) {
    fail(`PV ${volumeName} is bound to another claim`)
  }
  return { volume: found, isReadOnly: volume.persistentVolumeClaim?.readOnly === true }
}
