// Carries out a plan: ends what has to end, makes the sandbox, starts containers in order.
//
// plan (actions.ts) ▶ kill ▶ sandbox ▶ ephemeral ▶ init ▶ regular. A container that cannot start is noted and does
// not keep the others from starting; a regular init container that cannot start does.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (SyncPod)

import { mkdir } from 'node:fs/promises'
import type { Container, Pod, Secret } from '#api/types/core.ts'
import { podDNS } from '#kubelet/containers/dns.ts'
import type { MountedVolume } from '#kubelet/containers/mounts.ts'
import { sandboxConfig } from '#kubelet/containers/sandbox-config.ts'
import { startContainer } from '#kubelet/containers/start-container.ts'
import { stopContainer } from '#kubelet/containers/stop-container.ts'
import { rpcText } from '#kubelet/cri/channel.ts'
import type { SandboxConfig } from '#kubelet/cri/types.ts'
import type { PodActions } from '#kubelet/pods/actions.ts'
import { killPod } from '#kubelet/pods/kill-pod.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { formatPod, initContainers, isSidecar } from '#kubelet/pods/pod-spec.ts'
import { StartError } from '#kubelet/pods/start-error.ts'
import { containerHash } from '#kubelet/runtime/labels.ts'
import type { RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

export interface ActInput {
  readonly pod: Pod
  readonly runtimePod: RuntimePod
  readonly actions: PodActions
  readonly volumes: ReadonlyMap<string, MountedVolume>
  readonly pullSecrets: readonly Secret[]
  /** Told when the sandbox is there and its containers are still to come. */
  onSandbox(): void
}

/** What became of the containers that were to start: undefined for those that did. */
export type Outcomes = ReadonlyMap<string, StartError | undefined>

/** Rejects when the pod as a whole could not be worked on; its containers' failures are outcomes. */
export async function act(context: PodContext, input: ActInput, signal: AbortSignal): Promise<Outcomes> {
  const { actions, pod, runtimePod } = input
  if (actions.killPod) {
    if (actions.createSandbox && actions.sandboxId !== '') {
      context.events.pod(
        pod,
        'Normal',
        'SandboxChanged',
        'Pod sandbox changed, it will be killed and re-created.',
      )
    }
    await killPod(context, pod, runtimePod, undefined, signal)
    if (actions.createSandbox) await removeInit(context, input, 0)
  } else {
    await killContainers(context, input, signal)
    await resetContainers(context, input, signal)
  }
  await removeInit(context, input, 1)
  const hasWork = actions.startEphemeral.length + actions.startInit.length + actions.start.length > 0
  if (!actions.createSandbox && !hasWork) return new Map()
  const config = await makeSandboxConfig(context, pod, actions.attempt)
  const sandboxId = actions.createSandbox
    ? await createSandbox(context, input, config, signal)
    : actions.sandboxId
  const podIPs = actions.createSandbox ? await sandboxIPs(context, pod, sandboxId) : runtimePod.ips
  if (actions.createSandbox) input.onSandbox()
  return await startAll(context, input, { sandboxId, config, podIPs }, signal)
}

async function killContainers(context: PodContext, input: ActInput, signal: AbortSignal): Promise<void> {
  const podIP = input.runtimePod.ips[0] ?? ''
  for (const { container, message, reason } of input.actions.kill) {
    await stopContainer(context, { pod: input.pod, container, podIP, message, reason }, signal)
  }
}

async function resetContainers(context: PodContext, input: ActInput, signal: AbortSignal): Promise<void> {
  const podIP = input.runtimePod.ips[0] ?? ''
  for (const { container, isRunning } of input.actions.reset) {
    const stop = {
      pod: input.pod,
      container,
      podIP,
      message: 'killing',
      reason: 'restart-all',
      graceSeconds: 0,
    } as const
    if (isRunning) await stopContainer(context, stop, signal)
    await context.runtime.removeContainer(container.id)
  }
}

/** Of each init container the last `keep` that ended stay; a new sandbox begins without any. */
async function removeInit(
  { runtime }: PodContext,
  { pod, runtimePod, actions }: ActInput,
  keep: number,
): Promise<void> {
  if (keep > 0 && actions.startInit.length === 0) return
  for (const { name } of initContainers(pod)) {
    const ended = runtimePod.containers.filter(
      (one) => one.name === name && (keep === 0 || one.state === 'exited' || one.state === 'unknown'),
    )
    for (const container of ended.slice(keep)) await runtime.removeContainer(container.id)
  }
}

/** Warns once: what is too long for resolv.conf is left out. */
async function makeSandboxConfig(context: PodContext, pod: Pod, attempt: number): Promise<SandboxConfig> {
  const { config, warnings } = podDNS(pod, context.clusterDNS, await context.hostDNS())
  for (const warning of warnings) context.events.pod(pod, 'Warning', 'DNSConfigForming', warning)
  return sandboxConfig(pod, {
    attempt,
    dns: config,
    clusterDomain: context.clusterDNS.domain,
    cgroupParent: context.cgroups.pathOf(pod),
    logRoot: context.logRoot,
  })
}

async function createSandbox(
  context: PodContext,
  { pod }: ActInput,
  config: SandboxConfig,
  signal: AbortSignal,
): Promise<string> {
  try {
    await mkdir(config.logDirectory, { recursive: true, mode: 0o755 })
    const handler = await context.objects.runtimeHandler(pod)
    return await context.sandboxes.run(() => {
      signal.throwIfAborted()
      return context.runtime.runSandbox(config, handler)
    })
  } catch (error) {
    if (signal.aborted) throw error
    const why = rpcText(error)
    context.events.pod(pod, 'Warning', 'FailedCreatePodSandBox', `Failed to create pod sandbox: ${why}`)
    throw new Error(`failed to create sandbox for pod "${formatPod(pod)}"`, { cause: error })
  }
}

async function sandboxIPs(
  { cache, events }: PodContext,
  pod: Pod,
  sandboxId: string,
): Promise<readonly string[]> {
  if (pod.spec?.hostNetwork) return []
  try {
    const { network } = await cache.sandboxStatus(sandboxId)
    return [network?.ip ?? '', ...(network?.additionalIps ?? []).map(({ ip }) => ip)].filter(
      (ip) => ip !== '',
    )
  } catch (error) {
    const why = rpcText(error)
    events.pod(pod, 'Warning', 'FailedPodSandBoxStatus', `Unable to get pod sandbox status: ${why}`)
    throw error
  }
}

interface Place {
  readonly sandboxId: string
  readonly config: SandboxConfig
  readonly podIPs: readonly string[]
}

async function startAll(
  context: PodContext,
  input: ActInput,
  { sandboxId, config, podIPs }: Place,
  signal: AbortSignal,
): Promise<Outcomes> {
  const { pod, runtimePod, pullSecrets, actions } = input
  const images = await context.imageVolumes.prepare(pod, pullSecrets, config, signal)
  const outcomes = new Map<string, StartError | undefined>()
  const start = async (container: Container): Promise<boolean> => {
    try {
      waitAfterCrash(context, pod, container, runtimePod)
      const volumes = withImages(context, pod, container, input.volumes, images)
      const place = { sandboxId, sandboxConfig: config, podIPs, volumes, pullSecrets }
      await startContainer(context, { pod, container, runtimePod, ...place }, signal)
      outcomes.set(container.name, undefined)
      return true
    } catch (error) {
      if (signal.aborted || !(error instanceof StartError)) throw error
      outcomes.set(container.name, error)
      return false
    }
  }
  for (const container of actions.startEphemeral) await start(container)
  for (const container of actions.startInit)
    if (!(await start(container)) && !isSidecar(container)) return outcomes
  for (const container of actions.start) await start(container)
  return outcomes
}

/** Throws what keeps an image from being mounted into the container. */
function withImages(
  { events }: PodContext,
  pod: Pod,
  container: Container,
  volumes: ReadonlyMap<string, MountedVolume>,
  images: ReadonlyMap<string, MountedVolume | StartError>,
): ReadonlyMap<string, MountedVolume> {
  const all = new Map(volumes)
  for (const { name } of container.volumeMounts ?? []) {
    const image = images.get(name)
    if (image instanceof StartError) {
      const what = image.reason === 'CreateContainerError' ? image.message : image.reason
      events.container(pod, container, 'Warning', 'Failed', `Error: ${what}`)
      throw image
    }
    if (image) all.set(name, image)
  }
  return all
}

/** A changed container starts afresh, so its hash is part of the key. */
export function containerBackoffKey(pod: Pod, container: Container): string {
  return `${pod.metadata?.uid ?? ''}_${container.name}_${containerHash(container)}`
}

/** Throws CrashLoopBackOff while a container that has ended has to wait. */
function waitAfterCrash(
  { crashes, clock, events }: PodContext,
  pod: Pod,
  container: Container,
  runtimePod: RuntimePod,
): void {
  // The last one that has ended: one that this very step has taken down does not count yet.
  const last = runtimePod.containers.find(({ name, state }) => name === container.name && state === 'exited')
  if (!last) return
  const key = containerBackoffKey(pod, container)
  const until = crashes.waitsUntil(key, last.finishedAt)
  if (until === undefined) {
    crashes.next(key, last.finishedAt)
    return
  }
  const message = `Back-off restarting failed container ${container.name} in pod ${formatPod(pod)}`
  events.container(pod, container, 'Warning', 'BackOff', message)
  const wait = formatSeconds(crashes.get(key))
  const why = `back-off ${wait} restarting failed container=${container.name} pod=${formatPod(pod)}`
  throw new StartError('CrashLoopBackOff', why, Math.max(until, clock.now() + 1))
}

/** As Go prints whole seconds: `10s`, `2m40s`. */
function formatSeconds(millis: number): string {
  const seconds = Math.round(millis / 1000)
  return seconds < 60 ? `${seconds}s` : `${Math.floor(seconds / 60)}m${seconds % 60}s`
}
