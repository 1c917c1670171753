// What is mounted into a container: its volumes, /etc/hosts and the file for its last words.
//
// Upstream: pkg/kubelet/kubelet_pods.go (makeMounts), pkg/kubelet/kuberuntime/kuberuntime_container.go (makeMounts)

import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import type { Container, Pod, VolumeMount } from '#api/types/core.ts'
import type { Environment } from '#kubelet/containers/environment.ts'
import { expand } from '#kubelet/containers/expansion.ts'
import type { PodHostname } from '#kubelet/containers/hostname.ts'
import { hostNetworkHosts, managedHosts } from '#kubelet/containers/hosts-file.ts'
import type { ImageSpec, Mount, MountPropagation } from '#kubelet/cri/types.ts'
import { isHostNetwork } from '#kubelet/pods/pod-spec.ts'
import { StartError } from '#kubelet/pods/start-error.ts'
import type { PodDirectories } from '#kubelet/volumes/pod-directories.ts'
import { checkSubPath, mountSubPath } from '#kubelet/volumes/subpath.ts'
import type { Random } from '#sys/random.ts'

/** A volume that is ready on the node. */
export interface MountedVolume {
  readonly hostPath: string
  /** Of kinds that nobody may write to, whatever the mount says. */
  readonly isReadOnly: boolean
  /** The file system of an image: what is not in it cannot be made. */
  readonly isImage?: boolean
  /** Of an image that the runtime mounts itself; `hostPath` is empty then. */
  readonly image?: ImageSpec
}

export interface MountsInput {
  readonly pod: Pod
  readonly container: Container
  readonly volumes: ReadonlyMap<string, MountedVolume>
  readonly directories: PodDirectories
  readonly environment: Environment
  readonly hostname: PodHostname
  readonly podIPs: readonly string[]
  readonly random: Random
}

const PROPAGATION: Readonly<Record<string, MountPropagation>> = {
  None: 'PROPAGATION_PRIVATE',
  HostToContainer: 'PROPAGATION_HOST_TO_CONTAINER',
  Bidirectional: 'PROPAGATION_BIDIRECTIONAL',
}

export async function containerMounts(input: MountsInput): Promise<readonly Mount[]> {
  const { container } = input
  const mounts: Mount[] = []
  for (const [index, mount] of (container.volumeMounts ?? []).entries()) {
    mounts.push(await volumeMount(input, mount, index))
  }
  if (!mounts.some((mount) => mount.containerPath === '/etc/hosts') && wantsHostsFile(input)) {
    mounts.push(await hostsMount(input))
  }
  if (container.terminationMessagePath)
    mounts.push(await messageMount(input, container.terminationMessagePath))
  return mounts
}

async function volumeMount(input: MountsInput, mount: VolumeMount, index: number): Promise<Mount> {
  const { container } = input
  const volume = input.volumes.get(mount.name)
  if (!volume)
    throw new Error(`cannot find volume "${mount.name}" to mount into container "${container.name}"`)
  const subPath = subPathOf(input, mount)
  if (subPath !== '') checkSubPath(subPath)
  const common = {
    containerPath: mount.mountPath.startsWith('/') ? mount.mountPath : `/${mount.mountPath}`,
    readonly: mount.readOnly === true || volume.isReadOnly,
    propagation: PROPAGATION[mount.mountPropagation ?? 'None'] ?? 'PROPAGATION_PRIVATE',
  }
  if (volume.image) return { ...common, hostPath: '', image: volume.image, imageSubPath: subPath }
  if (subPath === '') return { ...common, hostPath: volume.hostPath }
  return { ...common, hostPath: await subPathMount(input, volume, mount, subPath, index) }
}

async function subPathMount(
  { container, directories, pod }: MountsInput,
  volume: MountedVolume,
  mount: VolumeMount,
  subPath: string,
  index: number,
): Promise<string> {
  const target = directories.subpath(pod.metadata?.uid ?? '', mount.name, container.name, index)
  try {
    return await mountSubPath(volume.hostPath, subPath, target, !volume.isImage)
  } catch (error) {
    const what = `failed to prepare subPath for volumeMount "${mount.name}" of container "${container.name}"`
    // Runtimes that mount images themselves say it when the container is made, in these words.
    if (volume.isImage)
      throw new StartError('CreateContainerError', `ImageVolumeMountFailed: ${what}`, undefined, {
        cause: error,
      })
    throw new Error(what, { cause: error })
  }
}

/** subPathExpr may only name what is known: an open reference is an error and not a directory of that name. */
function subPathOf({ environment }: MountsInput, mount: VolumeMount): string {
  if (!mount.subPathExpr) return mount.subPath ?? ''
  return expand(mount.subPathExpr, (name) => {
    const value = environment.get(name)
    if (value === undefined) throw new Error(`missing value for "${name}"`)
    return value
  })
}

/** A pod on the host's network has the host's addresses in its file; others wait until they have their own. */
function wantsHostsFile({ pod, podIPs }: MountsInput): boolean {
  return isHostNetwork(pod) || podIPs.length > 0
}

async function hostsMount({ pod, directories, podIPs, hostname }: MountsInput): Promise<Mount> {
  const file = directories.hostsFile(pod.metadata?.uid ?? '')
  const aliases = pod.spec?.hostAliases ?? []
  const text = isHostNetwork(pod)
    ? hostNetworkHosts(await readFile('/etc/hosts', 'utf8'), aliases)
    : managedHosts(podIPs, hostname, aliases)
  await writeFile(file, text, { mode: 0o644 })
  return { containerPath: '/etc/hosts', hostPath: file, readonly: false }
}

/** A fresh file for each start, writable by whatever user the container runs as. */
async function messageMount(
  { pod, container, directories, random }: MountsInput,
  inside: string,
): Promise<Mount> {
  const folder = directories.container(pod.metadata?.uid ?? '', container.name)
  await mkdir(folder, { recursive: true, mode: 0o750 })
  const file = path.join(folder, random.uuid().slice(0, 8))
  await writeFile(file, '')
  await chmod(file, 0o666)
  return { containerPath: inside.startsWith('/') ? inside : `/${inside}`, hostPath: file, readonly: false }
}
