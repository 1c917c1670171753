// The container runtime as the kubelet knows it: CRI v1 with plain arguments, a deadline on every call.
//
// This interface is what tests replace; everything below it is containerd's (or CRI-O's) business.
// Upstream: staging/src/k8s.io/cri-api/pkg/apis/services.go

import { type Call, isNotFound, isUnimplemented, openChannel } from '#kubelet/cri/channel.ts'
import { watchExits } from '#kubelet/cri/containerd-events.ts'
import { connectSnapshots, type FilesystemMount } from '#kubelet/cri/containerd-snapshots.ts'
import type {
  AuthConfig,
  Container,
  ContainerConfig,
  ContainerStats,
  ContainerStatus,
  ExecResult,
  FilesystemUsage,
  Image,
  LinuxResources,
  RuntimeStatus,
  RuntimeVersion,
  Sandbox,
  SandboxConfig,
  SandboxStatus,
} from '#kubelet/cri/types.ts'

export interface ExecStreams {
  readonly stdin: boolean
  readonly stdout: boolean
  readonly stderr: boolean
  readonly tty: boolean
}

/** All may reject with CriError (cri/channel.ts); stop and remove count as done when there is nothing. */
export interface Runtime {
  version(): Promise<RuntimeVersion>
  status(): Promise<RuntimeStatus>
  updatePodCIDR(podCIDR: string): Promise<void>
  runSandbox(config: SandboxConfig, handler: string): Promise<string>
  stopSandbox(id: string): Promise<void>
  removeSandbox(id: string): Promise<void>
  sandboxStatus(id: string): Promise<SandboxStatus>
  /** All sandboxes, or those with all these labels. */
  listSandboxes(labels?: Readonly<Record<string, string>>): Promise<readonly Sandbox[]>
  createContainer(sandboxId: string, config: ContainerConfig, sandboxConfig: SandboxConfig): Promise<string>
  startContainer(id: string): Promise<void>
  /** Stop signal first, SIGKILL after the grace period. */
  stopContainer(id: string, gracePeriodSeconds: number, signal?: AbortSignal): Promise<void>
  removeContainer(id: string): Promise<void>
  listContainers(labels?: Readonly<Record<string, string>>): Promise<readonly Container[]>
  containerStatus(id: string): Promise<ContainerStatus>
  updateContainerResources(id: string, resources: LinuxResources): Promise<void>
  reopenContainerLog(id: string): Promise<void>
  /** Runs to the end; `timeoutSeconds` 0 means no limit but the channel's own. */
  execSync(
    id: string,
    command: readonly string[],
    timeoutSeconds: number,
    signal?: AbortSignal,
  ): Promise<ExecResult>
  /** URLs of the runtime's streaming server. */
  execURL(id: string, command: readonly string[], streams: ExecStreams): Promise<string>
  attachURL(id: string, streams: ExecStreams): Promise<string>
  portForwardURL(sandboxId: string, ports: readonly number[]): Promise<string>
  listContainerStats(): Promise<readonly ContainerStats[]>

  listImages(): Promise<readonly Image[]>
  /** Undefined when the image is not there. */
  imageStatus(image: string): Promise<Image | undefined>
  /** Gives the reference by which containers are made of it. */
  pullImage(image: string, auth: AuthConfig | undefined, sandbox: SandboxConfig): Promise<string>
  removeImage(image: string): Promise<void>
  imageFilesystem(): Promise<FilesystemUsage | undefined>
  /** The image that each sandbox is made of; undefined where the runtime does not tell, and pins it instead. */
  sandboxImage(): Promise<string | undefined>
  /** How an image's file system is mounted; it stays until `removeImageView`. The same for the same key. */
  viewImage(image: string, key: string): Promise<readonly FilesystemMount[]>
  removeImageView(key: string): Promise<void>
  /** Sees to it that what was removed takes no disk any more. */
  freeRemoved(): Promise<void>

  /** Tells of each event of a container as the runtime pushes it; rejects where it cannot. */
  watchEvents(onEvent: () => void, signal: AbortSignal): Promise<void>
  close(): void
}

const MINUTE_MS = 60_000
/** Upstream's default for all calls that should be quick. */
const CALL_MS = 2 * MINUTE_MS
/** A sandbox waits for CNI plugins, an image for the network. */
const SANDBOX_MS = 4 * MINUTE_MS
const PULL_MS = 30 * MINUTE_MS
/** An exec without a limit of its own still ends. */
const LONGEST_EXEC_MS = 24 * 60 * MINUTE_MS
const LONGEST_STOP_SECONDS = 7 * 24 * 3600

/** Details as the runtime likes to give them, by subject, in JSON. */
interface Verbose {
  readonly info: Readonly<Record<string, string>>
}

interface ContainerdConfiguration {
  readonly containerd?: { readonly snapshotter?: string }
  readonly sandboxImage?: string
}

export function connectRuntime(socket: string): Runtime {
  const channel = openChannel(socket)
  const snapshots = connectSnapshots(socket)
  const call = <T>(name: Call, request: object = {}, timeoutMs = CALL_MS, signal?: AbortSignal): Promise<T> =>
    channel.call<T>(name, request, timeoutMs, signal)
  /** For calls whose purpose is reached when the thing is gone already. */
  const gone = async (
    name: Call,
    request: object,
    timeoutMs = CALL_MS,
    signal?: AbortSignal,
  ): Promise<void> => {
    try {
      await call(name, request, timeoutMs, signal)
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  /** containerd's answer to a verbose status is its configuration; others have nothing of it. */
  const configuration = async (): Promise<ContainerdConfiguration> => {
    const { info } = await call<Verbose>('Status', { verbose: true }, 10_000)
    return JSON.parse(info['config'] ?? '{}') as ContainerdConfiguration
  }
  /** Who keeps the layers of images. */
  const snapshotter = async (): Promise<string> =>
    (await configuration()).containerd?.snapshotter ?? 'overlayfs'
  const filterOf = (labels: Readonly<Record<string, string>> | undefined): object =>
    labels ? { filter: { labelSelector: labels } } : {}

  return {
    version: () => call('Version', {}),
    async status() {
      const answer = await call<{
        status: Pick<RuntimeStatus, 'conditions'> | null
        runtimeHandlers: RuntimeStatus['handlers']
        features: RuntimeStatus['features']
      }>('Status', {}, 10_000)
      return {
        conditions: answer.status?.conditions ?? [],
        handlers: answer.runtimeHandlers,
        features: answer.features,
      }
    },
    updatePodCIDR: async (podCidr) => {
      await call('UpdateRuntimeConfig', { runtimeConfig: { networkConfig: { podCidr } } })
    },

    async runSandbox(config, handler) {
      const request = { config, runtimeHandler: handler }
      return (await call<{ podSandboxId: string }>('RunPodSandbox', request, SANDBOX_MS)).podSandboxId
    },
    stopSandbox: (podSandboxId) => gone('StopPodSandbox', { podSandboxId }, SANDBOX_MS),
    removeSandbox: (podSandboxId) => gone('RemovePodSandbox', { podSandboxId }, SANDBOX_MS),
    async sandboxStatus(podSandboxId) {
      return (await call<{ status: SandboxStatus }>('PodSandboxStatus', { podSandboxId })).status
    },
    async listSandboxes(labels) {
      return (await call<{ items: Sandbox[] }>('ListPodSandbox', filterOf(labels))).items
    },

    async createContainer(podSandboxId, config, sandboxConfig) {
      const request = { podSandboxId, config, sandboxConfig }
      return (await call<{ containerId: string }>('CreateContainer', request)).containerId
    },
    startContainer: async (containerId) => {
      await call('StartContainer', { containerId })
    },
    stopContainer: (containerId, gracePeriodSeconds, signal) => {
      const timeout = Math.min(gracePeriodSeconds, LONGEST_STOP_SECONDS)
      return gone('StopContainer', { containerId, timeout }, CALL_MS + timeout * 1000, signal)
    },
    removeContainer: (containerId) => gone('RemoveContainer', { containerId }),
    async listContainers(labels) {
      return (await call<{ containers: Container[] }>('ListContainers', filterOf(labels))).containers
    },
    async containerStatus(containerId) {
      return (await call<{ status: ContainerStatus }>('ContainerStatus', { containerId })).status
    },
    updateContainerResources: async (containerId, linux) => {
      await call('UpdateContainerResources', { containerId, linux })
    },
    reopenContainerLog: async (containerId) => {
      await call('ReopenContainerLog', { containerId })
    },
    execSync: (containerId, cmd, timeoutSeconds, signal) => {
      const limit = timeoutSeconds > 0 ? timeoutSeconds * 1000 + 2000 : LONGEST_EXEC_MS
      return call('ExecSync', { containerId, cmd, timeout: timeoutSeconds }, limit, signal)
    },
    async execURL(containerId, cmd, streams) {
      return (await call<{ url: string }>('Exec', { containerId, cmd, ...streams })).url
    },
    async attachURL(containerId, streams) {
      return (await call<{ url: string }>('Attach', { containerId, ...streams })).url
    },
    async portForwardURL(podSandboxId, port) {
      return (await call<{ url: string }>('PortForward', { podSandboxId, port })).url
    },
    async listContainerStats() {
      return (await call<{ stats: ContainerStats[] }>('ListContainerStats', {}, 30_000)).stats
    },

    async listImages() {
      return (await call<{ images: Image[] }>('ListImages')).images
    },
    async imageStatus(image) {
      const answer = await call<{ image: Image | null }>('ImageStatus', { image: { image } })
      return answer.image ?? undefined
    },
    async pullImage(image, auth, sandboxConfig) {
      const request = { image: { image }, ...(auth && { auth }), sandboxConfig }
      return (await call<{ imageRef: string }>('PullImage', request, PULL_MS)).imageRef
    },
    removeImage: (image) => gone('RemoveImage', { image: { image } }),
    async imageFilesystem() {
      return (await call<{ imageFilesystems: FilesystemUsage[] }>('ImageFsInfo')).imageFilesystems[0]
    },

    sandboxImage: async () => (await configuration()).sandboxImage,
    async viewImage(image, key) {
      const { info } = await call<Verbose>('ImageStatus', { image: { image }, verbose: true })
      const { chainID } = JSON.parse(info['info'] ?? '{}') as { chainID?: string }
      if (chainID === undefined) throw new Error(`the runtime does not tell the layers of image ${image}`)
      return await snapshots.view(await snapshotter(), key, chainID)
    },
    async freeRemoved() {
      await snapshots.collect().catch((error: unknown) => {
        // Runtimes other than containerd do it by themselves.
        if (!isUnimplemented(error)) throw error
      })
    },
    removeImageView: async (key) => snapshots.remove(await snapshotter(), key),

    async watchEvents(onEvent, signal) {
      try {
        await channel.events(onEvent, signal)
      } catch (error) {
        if (!isUnimplemented(error)) throw error
        await watchExits(socket, onEvent, signal)
      }
    },
    close() {
      channel.close()
      snapshots.close()
    },
  }
}
