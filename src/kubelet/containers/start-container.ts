// Starts one container: image ▶ configuration ▶ create ▶ start ▶ postStart hook, each with its event.
//
// Whatever goes wrong ends in a StartError whose reason and message the container's status shows.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_container.go (startContainer)

import { mkdir, readdir } from 'node:fs/promises'
import path from 'node:path'
import type { Container, Pod, Secret } from '#api/types/core.ts'
import { containerConfig } from '#kubelet/containers/container-config.ts'
import { containerEnvironment } from '#kubelet/containers/environment.ts'
import { runHook } from '#kubelet/containers/hooks.ts'
import { podHostname } from '#kubelet/containers/hostname.ts'
import { containerMounts, type MountedVolume } from '#kubelet/containers/mounts.ts'
import { refuseRoot } from '#kubelet/containers/security.ts'
import { stopContainer } from '#kubelet/containers/stop-container.ts'
import type { ContainerConfig, Image, SandboxConfig } from '#kubelet/cri/types.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { isHostNetwork } from '#kubelet/pods/pod-spec.ts'
import { StartError } from '#kubelet/pods/start-error.ts'
import { latestContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import { unlessAborted } from '#sys/abort.ts'

export interface StartInput {
  readonly pod: Pod
  readonly container: Container
  readonly runtimePod: RuntimePod
  readonly sandboxId: string
  readonly sandboxConfig: SandboxConfig
  readonly podIPs: readonly string[]
  readonly volumes: ReadonlyMap<string, MountedVolume>
  readonly pullSecrets: readonly Secret[]
}

/**
 * Rejects with StartError. Aborting `signal` breaks off between the steps, leaves a pull and ends a hook; calls to
 * the runtime are not broken off, since what they leave behind half-done is the runtime's secret.
 */
export async function startContainer(
  context: PodContext,
  input: StartInput,
  signal: AbortSignal,
): Promise<void> {
  const { runtime, events } = context
  const { pod, container, sandboxConfig } = input
  const failed = (reason: string, error: unknown): never => {
    const message = wordsOf(error)
    events.container(pod, container, 'Warning', 'Failed', `Error: ${message}`)
    throw new StartError(error instanceof StartError ? error.reason : reason, message, undefined, {
      cause: error,
    })
  }
  // A pull goes on for others; who is aborted does not wait for it.
  const image = await unlessAborted(ensureImage(context, input), signal)
  signal.throwIfAborted()
  const config = await configure(context, input, image).catch((error: unknown) =>
    failed('CreateContainerConfigError', error),
  )
  signal.throwIfAborted()
  const id = await runtime
    .createContainer(input.sandboxId, config, sandboxConfig)
    .catch((error: unknown) => failed('CreateContainerError', error))
  events.container(pod, container, 'Normal', 'Created', 'Container created')
  await runtime.startContainer(id).catch((error: unknown) => failed('RunContainerError', error))
  events.container(pod, container, 'Normal', 'Started', 'Container started')
  if (container.lifecycle?.postStart) await postStart(context, input, id, signal)
}

const wordsOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

async function ensureImage(
  context: PodContext,
  { pod, container, pullSecrets, sandboxConfig }: StartInput,
): Promise<Image> {
  const wanted = { pod, container, reference: container.image ?? '', policy: container.imagePullPolicy }
  try {
    return await context.images.ensure(wanted, pullSecrets, sandboxConfig)
  } catch (error) {
    const reason = error instanceof StartError ? error.reason : wordsOf(error)
    context.events.container(pod, container, 'Warning', 'Failed', `Error: ${reason}`)
    throw error
  }
}

async function configure(context: PodContext, input: StartInput, image: Image): Promise<ContainerConfig> {
  const { pod, container, runtimePod, volumes } = input
  const podIPs = isHostNetwork(pod) ? context.hostIPs : input.podIPs
  const addresses = { podIPs, hostIPs: context.hostIPs }
  const environment = await containerEnvironment(pod, container, addresses, {
    configMap: (namespace, name) => context.objects.configMap(namespace, name),
    secret: (namespace, name) => context.objects.secret(namespace, name),
    services: () => context.objects.services(),
    allocatable: context.allocatable(),
    volumePath: (name) => volumes.get(name)?.hostPath,
  })
  const imageUser = {
    uid: image.uid?.value ?? (image.username === '' ? 0 : undefined),
    username: image.username,
  }
  const restartCount = await nextRestartCount(context, input)
  const mounts = await containerMounts({
    pod,
    container,
    volumes,
    directories: context.directories,
    environment,
    hostname: podHostname(pod, context.clusterDNS.domain),
    podIPs,
    random: context.random,
  })
  refuseRoot(pod, container, imageUser)
  await mkdir(path.join(input.sandboxConfig.logDirectory, container.name), { recursive: true, mode: 0o755 })
  return containerConfig(pod, container, {
    restartCount,
    imageRef: image.id,
    imageUser,
    environment,
    mounts,
    seccompRoot: context.seccompRoot,
    memoryCapacityBytes: context.memoryCapacityBytes,
    targetId: targetOf(pod, container, runtimePod),
  })
}

/** One more than the last; when the runtime has forgotten that one, the log files remember. */
async function nextRestartCount(
  { statuses }: PodContext,
  { pod, container, runtimePod, sandboxConfig }: StartInput,
): Promise<number> {
  const last = latestContainer(runtimePod, container.name)
  if (last) return last.restartCount + 1
  const names = await readdir(path.join(sandboxConfig.logDirectory, container.name)).catch(() => [])
  const numbers = names.map((name) => /^(\d+)\.log/.exec(name)?.[1]).filter((text) => text !== undefined)
  const reported = statuses.get(pod)
  const status = [...(reported.containerStatuses ?? []), ...(reported.initContainerStatuses ?? [])].find(
    ({ name }) => name === container.name,
  )
  const hasRun = status?.containerID !== undefined
  return Math.max(0, ...numbers.map((text) => Number(text) + 1), hasRun ? (status?.restartCount ?? 0) + 1 : 0)
}

/** An ephemeral container may look at the processes of another one. */
function targetOf(pod: Pod, container: Container, runtimePod: RuntimePod): string | undefined {
  const ephemeral = pod.spec?.ephemeralContainers?.find(({ name }) => name === container.name)
  const wanted = ephemeral?.targetContainerName
  if (!wanted) return undefined
  const target = latestContainer(runtimePod, wanted)
  if (!target) throw new Error(`unable to find target container ${wanted}`)
  return target.id
}

async function postStart(
  context: PodContext,
  input: StartInput,
  containerId: string,
  signal: AbortSignal,
): Promise<void> {
  const { events, log } = context
  const { pod, container, podIPs } = input
  const handler = container.lifecycle?.postStart
  if (!handler) return
  const podIP = isHostNetwork(pod) ? (context.hostIPs[0] ?? '') : (podIPs[0] ?? '')
  try {
    await runHook(context, { pod, container, containerId, handler, podIP }, signal)
  } catch (error) {
    // A pod that is being ended takes its containers down itself.
    if (signal.aborted) throw error
    const message = wordsOf(error)
    log.warn({ pod: pod.metadata?.name, container: container.name, error: message }, 'postStart hook failed')
    events.container(pod, container, 'Warning', 'FailedPostStartHook', 'PostStartHook failed')
    await stopContainer(
      context,
      {
        pod,
        container: { id: containerId, name: container.name },
        podIP,
        message: 'FailedPostStartHook',
        reason: 'post-start-hook',
      },
      signal,
    ).catch((failure: unknown) =>
      log.warn({ error: String(failure) }, 'container was not ended after its hook failed'),
    )
    throw new StartError('PostStartHookError', message, undefined, { cause: error })
  }
}
