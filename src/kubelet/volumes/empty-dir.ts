// emptyDir volumes: a directory of the pod, or a tmpfs of its own when it asks for memory.
//
// Upstream: pkg/volume/emptydir/empty_dir.go. Left out: huge pages.

import { chmod, mkdir, stat } from 'node:fs/promises'
import { podLimits } from '#api/meta/pod-resources.ts'
import { toValue } from '#api/meta/quantity.ts'
import type { EmptyDirVolumeSource, Pod } from '#api/types/core.ts'
import { giveToGroup } from '#kubelet/volumes/atomic-writer.ts'
import { isMountPoint, mountTmpfs } from '#kubelet/volumes/mounting.ts'

/** Makes the volume unless it is there; a volume in use is left as it is. */
export async function prepareEmptyDir(
  pod: Pod,
  source: EmptyDirVolumeSource,
  folder: string,
  memoryAllocatableBytes: number,
): Promise<void> {
  const medium = source.medium ?? ''
  if (medium !== '' && medium !== 'Memory') throw new Error(`unknown storage medium "${medium}"`)
  const isNew = (await stat(folder).catch(() => undefined)) === undefined
  if (isNew) await mkdir(folder, { recursive: true })
  if (medium === 'Memory' && !(await isMountPoint(folder))) {
    await mountTmpfs(folder, [`size=${memorySize(pod, source, memoryAllocatableBytes)}`, 'mode=0777'])
  } else if (!isNew) return
  // The process's umask would take bits away.
  await chmod(folder, 0o777)
  const group = pod.spec?.securityContext?.fsGroup
  if (group !== undefined) await giveToGroup(folder, group, true)
}

/** No more than the node gives, than the pod may use, and than the volume asks for. */
function memorySize(pod: Pod, { sizeLimit }: EmptyDirVolumeSource, allocatable: number): number {
  const limit = podLimits(pod).get('memory')
  const sizes = [allocatable]
  if (limit) sizes.push(toValue(limit))
  if (sizeLimit !== undefined && toValue(sizeLimit) > 0) sizes.push(toValue(sizeLimit))
  return Math.min(...sizes.filter((size) => size > 0))
}
