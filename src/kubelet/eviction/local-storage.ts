// Pods that use more of the node's disk than they may: emptyDir limits and limits of ephemeral storage.
//
// Upstream: pkg/kubelet/eviction/eviction_manager.go (localStorageEviction)

import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { podLimits } from '#api/meta/pod-resources.ts'
import { formatQuantity, toValue } from '#api/meta/quantity.ts'
import type { Pod } from '#api/types/core.ts'
import type { ContainerStats } from '#kubelet/cri/types.ts'
import { CONTAINER_NAME, POD_UID } from '#kubelet/runtime/labels.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'

/** Whether a pod has any limit that has to be watched. */
export function hasStorageLimit(pod: Pod): boolean {
  const hasVolumeLimit = pod.spec?.volumes?.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) === true
  return hasVolumeLimit || podLimits(pod).has('ephemeral-storage')
}

/** Why it has to go, in the words of its status; undefined when it keeps within its limits. */
export async function storageExcess(
  pod: Pod,
  directories: PodDirectories,
  podLogs: string,
  stats: readonly ContainerStats[],
): Promise<string | undefined> {
  const uid = pod.metadata?.uid ?? ''
  let onDisk = 0
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    if (!emptyDir) continue
    const used = await usedBytes(directories.volume(uid, 'empty-dir', name))
    if (emptyDir.medium !== 'Memory') onDisk += used
    const limit = emptyDir.sizeLimit
    if (limit !== undefined && toValue(limit) > 0 && used > toValue(limit)) {
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `
    }
  }
  const own = stats.filter(({ attributes }) => attributes.labels[POD_UID] === uid)
  for (const container of pod.spec?.containers ?? []) {
    const stat = own.find(({ attributes }) => attributes.labels[CONTAINER_NAME] === container.name)
    const layer = stat?.writableLayer?.usedBytes?.value ?? 0
    const used = layer + (await usedBytes(path.join(podLogs, container.name)))
    onDisk += used
    const limit = container.resources?.limits?.['ephemeral-storage']
    if (limit !== undefined && used > toValue(limit)) {
      return `Container ${container.name} exceeded its local ephemeral storage limit "${limit}". `
    }
  }
  const total = podLimits(pod).get('ephemeral-storage')
  if (!total || onDisk <= toValue(total)) return undefined
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(total)}. `
}

const BLOCK_BYTES = 512

/** What a tree takes on the disk. */
export async function usedBytes(folder: string): Promise<number> {
  const info = await lstat(folder).catch(() => undefined)
  if (!info) return 0
  let bytes = info.blocks * BLOCK_BYTES
  if (!info.isDirectory()) return bytes
  const names = await readdir(folder).catch(() => [])
  for (const name of names) bytes += await usedBytes(path.join(folder, name))
  return bytes
}
