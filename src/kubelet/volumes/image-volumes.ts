// Image volumes: the file system of an image, read-only, in the containers of a pod.
//
//   pull ▶ view of the image's layers ▶ mount below the pod ▶ bind into its containers
//
// They are pulled when containers are about to start, since a pull needs the sandbox. What is mounted then stays until the
// pod has gone, whatever the image's name means by then; a kubelet that was restarted finds it mounted. Runtimes that
// mount images themselves are told which, and no more.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (getImageVolumes), pkg/volume/image/image.go

import { mkdir, readdir } from 'node:fs/promises'
import type { Pod, Secret, Volume } from '#api/types/core.ts'
import type { MountedVolume } from '#kubelet/containers/mounts.ts'
import type { Runtime } from '#kubelet/cri/runtime.ts'
import type { RuntimeVersion, SandboxConfig } from '#kubelet/cri/types.ts'
import { fullImageName } from '#kubelet/images/image-name.ts'
import type { ImagePuller } from '#kubelet/images/image-puller.ts'
import { mountedVolumeNames } from '#kubelet/pods/pod-spec.ts'
import { StartError } from '#kubelet/pods/start-error.ts'
import { isMountPoint, mountReadOnly } from '#kubelet/volumes/mounting.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import { unlessAborted } from '#sys/abort.ts'

export interface ImageVolumes {
  /** All image volumes of the pod by name: mounted, or why not. */
  prepare(
    pod: Pod,
    secrets: readonly Secret[],
    sandbox: SandboxConfig,
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, MountedVolume | StartError>>
  /** Lets the layers go, after all has been unmounted. */
  release(uid: string): Promise<void>
}

export interface ImageVolumesOptions {
  readonly runtime: Runtime
  readonly version: RuntimeVersion
  readonly images: ImagePuller
  readonly directories: PodDirectories
}

export function createImageVolumes(options: ImageVolumesOptions): ImageVolumes {
  const { runtime, images, directories } = options
  const isRuntimesWork = mountsImages(options.version)

  async function prepareOne(
    pod: Pod,
    { name, image: source }: Volume,
    secrets: readonly Secret[],
    sandbox: SandboxConfig,
    signal: AbortSignal,
  ): Promise<MountedVolume> {
    const uid = pod.metadata?.uid ?? ''
    const folder = directories.volume(uid, 'image', name)
    const mounted = { hostPath: folder, isReadOnly: true, isImage: true }
    if (!isRuntimesWork && (await isMountPoint(folder))) return mounted
    const reference = source?.reference ?? ''
    const wanted = { pod, reference, policy: source?.pullPolicy }
    const { id } = await unlessAborted(images.ensure(wanted, secrets, sandbox), signal)
    signal.throwIfAborted()
    if (isRuntimesWork)
      return { hostPath: '', isReadOnly: true, image: { image: id, userSpecifiedImage: reference } }
    if (mountedVolumeNames(pod).has(name)) await mountImage(id, viewKey(uid, name), folder)
    return mounted
  }

  /** The folder first: by it the view is found again, whatever happens in between. */
  async function mountImage(image: string, key: string, folder: string): Promise<void> {
    try {
      await mkdir(folder, { recursive: true, mode: 0o750 })
      for (const mount of await runtime.viewImage(image, key)) await mountReadOnly(mount, folder)
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new StartError('CreateContainerError', `ImageVolumeMountFailed: ${why}`, undefined, {
        cause: error,
      })
    }
  }

  return {
    async prepare(pod, secrets, sandbox, signal) {
      const prepared = new Map<string, MountedVolume | StartError>()
      for (const volume of pod.spec?.volumes ?? []) {
        if (!volume.image) continue
        try {
          prepared.set(volume.name, await prepareOne(pod, volume, secrets, sandbox, signal))
        } catch (error) {
          if (signal.aborted || !(error instanceof StartError)) throw error
          prepared.set(volume.name, error)
        }
      }
      return prepared
    },
    async release(uid) {
      const names = await readdir(directories.volumesOf(uid, 'image')).catch(() => [])
      for (const name of names) await runtime.removeImageView(viewKey(uid, name))
    },
  }
}

/** Full names of the images that the pod mounts, or is about to: what they were pulled by. */
export function volumeImageNames(pod: Pod): readonly string[] {
  return (pod.spec?.volumes ?? []).flatMap(({ image }) => {
    try {
      return image?.reference ? [fullImageName(image.reference)] : []
    } catch {
      // A name that cannot be read was never pulled.
      return []
    }
  })
}

const viewKey = (uid: string, volume: string): string => `image-volume-${uid}-${volume}`

/** containerd does since 2.1, but would take the whole image for a part of it until 2.2. */
export function mountsImages({ runtimeName, runtimeVersion }: RuntimeVersion): boolean {
  if (runtimeName !== 'containerd') return true
  const [, major = '0', minor = '0'] = /^v?(\d+)\.(\d+)/.exec(runtimeVersion) ?? []
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 2)
}
