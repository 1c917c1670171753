// What pods use of the node's disk, and which of them use more than they may: limits of emptyDirs and of ephemeral storage.
//
// Upstream: pkg/kubelet/eviction/eviction_manager.go (localStorageEviction)

import { lstat, readdir } from 'node:fs/promises'
import path from 'node:path'
import { podLimits } from '#api/meta/pod-resources.ts'
import { formatQuantity, toValue } from '#api/meta/quantity.ts'
import type { Pod } from '#api/types/core.ts'
import type { ContainerStats } from '#kubelet/cri/types.ts'
import { allContainers, regularContainers } from '#kubelet/pods/pod-spec.ts'
import { CONTAINER_NAME, POD_UID } from '#kubelet/runtime/labels.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'

/** Whether a pod has any limit that has to be watched. */
export function hasStorageLimit(pod: Pod): boolean {
  const hasVolumeLimit = pod.spec?.volumes?.some(({ emptyDir }) => emptyDir?.sizeLimit !== undefined) === true
  return hasVolumeLimit || podLimits(pod).has('ephemeral-storage')
}

/** Bytes that a pod takes of the node's disk. */
export interface StorageUse {
  /** emptyDirs by name, those in memory too. */
  readonly volumes: ReadonlyMap<string, number>
  /** What containers have written to their own file systems and to their logs. */
  readonly containers: readonly { readonly name: string; readonly usage: number }[]
  /** All that is on the disk. */
  readonly total: number
}

/** `podLogs` is the folder of the pod's logs. */
export async function measureStorage(
  pod: Pod,
  directories: PodDirectories,
  podLogs: string,
  stats: readonly ContainerStats[],
): Promise<StorageUse> {
  const uid = pod.metadata?.uid ?? ''
  const volumes = new Map<string, number>()
  let total = 0
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    if (!emptyDir) continue
    const used = await usedBytes(directories.volume(uid, 'empty-dir', name))
    volumes.set(name, used)
    if (emptyDir.medium !== 'Memory') total += used
  }
  const own = stats.filter(({ attributes }) => attributes.labels[POD_UID] === uid)
  const containers = await Promise.all(
    allContainers(pod).map(async ({ name }) => {
      const stat = own.find(({ attributes }) => attributes.labels[CONTAINER_NAME] === name)
      const layer = stat?.writableLayer?.usedBytes?.value ?? 0
      return { name, usage: layer + (await usedBytes(path.join(podLogs, name))) }
    }),
  )
  return { volumes, containers, total: containers.reduce((sum, { usage }) => sum + usage, total) }
}

/** Why it has to go, in the words of its status; undefined when it keeps within its limits. Pure. */
export function storageExcess(pod: Pod, use: StorageUse): string | undefined {
  for (const { name, emptyDir } of pod.spec?.volumes ?? []) {
    const limit = emptyDir?.sizeLimit
    if (limit !== undefined && toValue(limit) > 0 && (use.volumes.get(name) ?? 0) > toValue(limit)) {
      return `Usage of EmptyDir volume "${name}" exceeds the limit "${limit}". `
    }
  }
  for (const container of regularContainers(pod)) {
    const limit = container.resources?.limits?.['ephemeral-storage']
    const usage = use.containers.find(({ name }) => name === container.name)?.usage ?? 0
    if (limit !== undefined && usage > toValue(limit)) {
      return `Container ${container.name} exceeded its local ephemeral storage limit "${limit}". `
    }
  }
  const limit = podLimits(pod).get('ephemeral-storage')
  if (!limit || use.total <= toValue(limit)) return undefined
  return `Pod ephemeral local storage usage exceeds the total limit of containers ${formatQuantity(limit)}. `
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
