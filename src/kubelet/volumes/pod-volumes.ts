// The volumes of pods: made before the first container starts, brought up to date while it runs, taken away at the end.
//
// `mount` is level-triggered: called at every sync, it makes what is missing and rewrites what has changed (a
// ConfigMap, a label, a token that is due), and does next to nothing otherwise.
// Upstream: pkg/kubelet/volumemanager

import { createHash } from 'node:crypto'
import { chmod, mkdir, readdir, rm, stat } from 'node:fs/promises'
import path from 'node:path'
import { toValue } from '#api/meta/quantity.ts'
import type { Pod, Volume } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import type { MountedVolume } from '#kubelet/containers/mounts.ts'
import type { PodEvents } from '#kubelet/pods/pod-events.ts'
import { mountedVolumeNames } from '#kubelet/pods/pod-spec.ts'
import { giveToGroup, type Payload, writePayload } from '#kubelet/volumes/atomic-writer.ts'
import { claimedVolume, claimName } from '#kubelet/volumes/claims.ts'
import { prepareEmptyDir } from '#kubelet/volumes/empty-dir.ts'
import { prepareHostPath } from '#kubelet/volumes/host-path.ts'
import type { ImageVolumes } from '#kubelet/volumes/image-volumes.ts'
import { bindMount, isMountPoint, mountTmpfs, unmountTree } from '#kubelet/volumes/mounting.ts'
import {
  configMapFiles,
  downwardFiles,
  type PayloadSources,
  projectedFiles,
  secretFiles,
} from '#kubelet/volumes/payload.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import type { Clock } from '#sys/clock.ts'
import { exists } from '#sys/files.ts'

export type Volumes = ReadonlyMap<string, MountedVolume>

export interface PodVolumes {
  /** Mounts the node's tmpfs for Secrets, once at the start. */
  prepare(): Promise<void>
  /** All but images (image-volumes.ts). Rejects when a volume is not ready; each failure has had its event. */
  mount(pod: Pod): Promise<Volumes>
  /** Unmounts and removes all of a pod but the directory that holds its other files. */
  unmount(uid: string): Promise<void>
  /** UIDs of pods that have left something on the node. */
  list(): Promise<readonly string[]>
}

export interface PodVolumesOptions {
  readonly client: Client
  readonly directories: PodDirectories
  readonly events: PodEvents
  readonly clock: Clock
  /** Told when nothing of a pod is mounted any more. */
  readonly imageVolumes: Pick<ImageVolumes, 'release'>
  sources(): PayloadSources
}

export function createPodVolumes(options: PodVolumesOptions): PodVolumes {
  const { client, directories, events, clock, imageVolumes } = options
  /** What a volume was last written with: of a restarted kubelet nothing, so that it writes once more. */
  const written = new Map<string, string>()

  async function mount(pod: Pod): Promise<Volumes> {
    const used = mountedVolumeNames(pod)
    const volumes = (pod.spec?.volumes ?? []).filter(({ name, image }) => used.has(name) && !image)
    const results = await Promise.allSettled(volumes.map((volume) => mountOne(pod, volume)))
    const mounted = new Map<string, MountedVolume>()
    let failure: unknown
    for (const [position, result] of results.entries()) {
      const volume = volumes[position]!
      if (result.status === 'fulfilled') {
        mounted.set(volume.name, result.value)
        continue
      }
      failure ??= result.reason
      events.pod(pod, 'Warning', 'FailedMount', failureMessage(pod, volume, result.reason))
    }
    if (failure !== undefined) throw failure
    return mounted
  }

  async function mountOne(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const uid = pod.metadata?.uid ?? ''
    const { name, emptyDir, hostPath, configMap, secret, downwardAPI, projected } = volume
    const sources = options.sources()
    if (hostPath) return { hostPath: await prepareHostPath(hostPath), isReadOnly: false }
    if (emptyDir) {
      const folder = directories.volume(uid, 'empty-dir', name)
      await prepareEmptyDir(pod, emptyDir, folder, toValue(sources.allocatable['memory'] ?? '0'))
      return { hostPath: folder, isReadOnly: false }
    }
    if (configMap) {
      const folder = directories.volume(uid, 'configmap', name)
      return writeFiles(pod, folder, await configMapFiles(pod, configMap, sources))
    }
    if (secret) {
      const folder = directories.memoryVolume(uid, 'secret', name)
      return writeFiles(pod, folder, await secretFiles(pod, secret, sources))
    }
    if (downwardAPI) {
      const folder = directories.memoryVolume(uid, 'downward-api', name)
      return writeFiles(
        pod,
        folder,
        downwardFiles(pod, downwardAPI.items ?? [], downwardAPI.defaultMode, sources),
      )
    }
    if (projected) {
      const folder = directories.memoryVolume(uid, 'projected', name)
      return writeFiles(pod, folder, await projectedFiles(pod, projected, sources))
    }
    if (claimName(pod, volume) !== undefined) return mountClaim(pod, volume)
    const kind = Object.keys(volume).find((key) => key !== 'name') ?? 'unknown'
    throw new Error(`no volume plugin matched for ${kind}`)
  }

  async function writeFiles(pod: Pod, folder: string, payload: Payload): Promise<MountedVolume> {
    const fsGroup = pod.spec?.securityContext?.fsGroup
    const digest = digestOf(payload, fsGroup)
    if (written.get(folder) !== digest || !(await exists(path.join(folder, '..data')))) {
      await mkdir(folder, { recursive: true })
      await chmod(folder, 0o777)
      if (fsGroup !== undefined) await giveToGroup(folder, fsGroup)
      await writePayload(folder, payload, { fsGroup, now: clock.now() })
      written.set(folder, digest)
    }
    return { hostPath: folder, isReadOnly: true }
  }

  async function mountClaim(pod: Pod, volume: Volume): Promise<MountedVolume> {
    const { volume: persistent, isReadOnly } = await claimedVolume(client, pod, volume)
    const { hostPath, local } = persistent.spec ?? {}
    if (hostPath) return { hostPath: await prepareHostPath(hostPath), isReadOnly }
    if (!local) throw new Error('no volume plugin matched')
    const folder = directories.volume(
      pod.metadata?.uid ?? '',
      'local-volume',
      persistent.metadata?.name ?? '',
    )
    if (!(await isMountPoint(folder))) {
      if (!(await stat(local.path)).isDirectory())
        throw new Error('only directory and block device are supported')
      await mkdir(folder, { recursive: true, mode: 0o750 })
      await bindMount(local.path, folder)
      const group = pod.spec?.securityContext?.fsGroup
      if (group !== undefined && !isReadOnly && (await mustChangeGroup(pod, folder, group))) {
        await giveToGroup(folder, group, true)
      }
    }
    return { hostPath: folder, isReadOnly }
  }

  return {
    async prepare() {
      await mkdir(directories.pods, { recursive: true, mode: 0o750 })
      await mkdir(directories.memory, { recursive: true, mode: 0o750 })
      if (!(await isMountPoint(directories.memory))) await mountTmpfs(directories.memory, ['mode=0750'])
    },
    mount,
    async unmount(uid) {
      await unmountTree(directories.pod(uid))
      await imageVolumes.release(uid)
      await rm(path.join(directories.memory, uid), { recursive: true, force: true })
      await rm(path.join(directories.pod(uid), 'volumes'), { recursive: true, force: true })
      await rm(path.join(directories.pod(uid), 'volume-subpaths'), { recursive: true, force: true })
      for (const folder of written.keys()) {
        if (folder.startsWith(`${directories.pod(uid)}/`) || folder.includes(`/memory/${uid}/`))
          written.delete(folder)
      }
    },
    async list() {
      const places = [directories.pods, directories.memory]
      const names = await Promise.all(places.map((place) => readdir(place).catch(() => [])))
      return [...new Set(names.flat())]
    },
  }
}

function failureMessage(pod: Pod, volume: Volume, error: unknown): string {
  const why = error instanceof Error ? error.message : String(error)
  if (claimName(pod, volume) === undefined)
    return `MountVolume.SetUp failed for volume "${volume.name}" : ${why}`
  const name = `[${volume.name}]`
  return `Unable to attach or mount volumes: unmounted volumes=${name}, unattached volumes=${name}, failed to process volumes=${name}: ${why}`
}

function digestOf(payload: Payload, fsGroup: number | undefined): string {
  const hash = createHash('sha256').update(String(fsGroup))
  for (const [name, { data, mode, uid }] of [...payload].sort(([a], [b]) => (a < b ? -1 : 1))) {
    hash.update(JSON.stringify([name, data.length, mode, uid ?? -1])).update(data)
  }
  return hash.digest('base64')
}

/** With OnRootMismatch a volume whose root is right is taken to be right to its depth. */
async function mustChangeGroup(pod: Pod, folder: string, group: number): Promise<boolean> {
  if (pod.spec?.securityContext?.fsGroupChangePolicy !== 'OnRootMismatch') return true
  const info = await stat(folder)
  return info.gid !== group || (info.mode & 0o2770) !== 0o2770
}
