// The statuses of containers: what the runtime has, what was reported before, and why one could not start. Pure.
//
// The runtime forgets (a removed container, a lost sandbox); the last report does not. So a status starts from
// the previous one and is overlaid with what the runtime has, the newest container giving the state and the
// one before it the last state. Upstream: pkg/kubelet/kubelet_pods.go (convertToAPIContainerStatuses)

import type {
  Container,
  ContainerState,
  ContainerStatus,
  Pod,
  ResourceRequirements,
} from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import { initContainers, isSidecar, regularContainers, shouldBeRestarted } from '#kubelet/pods/pod-spec.ts'
import type { ProbeResults } from '#kubelet/probes/results.ts'
import { latestContainer, type RuntimeContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'
import { containerResources } from '#kubelet/status/container-resources.ts'
import { RESTARTING_ALL } from '#kubelet/status/phase.ts'
import { formatTime } from '#sys/clock.ts'

/** Why the last attempt to start a container failed: what its `waiting` state shows. */
export interface StartFailure {
  readonly reason: string
  readonly message: string
}

export interface ContainerStatusInput {
  readonly pod: Pod
  readonly runtimePod: RuntimePod
  /** The scheme of container ids: `containerd` in `containerd://8f3…`. */
  readonly runtimeName: string
  readonly failures: ReadonlyMap<string, StartFailure>
  readonly probes: ProbeResults
  readonly isRestartingAll: boolean
  /** What containers were last given, by name. */
  readonly actuated: Readonly<Record<string, ResourceRequirements>>
}

export type ContainerKind = 'init' | 'regular' | 'ephemeral'

/** Statuses of one kind of containers: init containers in order, the others by name. */
export function containerStatuses(
  input: ContainerStatusInput,
  kind: ContainerKind,
  containers: readonly Container[],
  previous: readonly ContainerStatus[],
): readonly ContainerStatus[] {
  const old = new Map(previous.map((status) => [status.name, status]))
  const statuses = containers.map((container) => {
    const before = old.get(container.name)
    const status = fromRuntime(input, container, before) ?? notInRuntime(input, container, before)
    if (!(kind === 'init' && settleInit(input, container, status))) showFailure(input, container, status)
    setReadiness(input, kind, container, status, before)
    return status
  })
  return kind === 'init'
    ? statuses
    : statuses.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
}

type Status = Draft<ContainerStatus>

function initialStatus({ pod }: ContainerStatusInput, container: Container): Status {
  const reason = initContainers(pod).length > 0 ? 'PodInitializing' : 'ContainerCreating'
  const volumeMounts = volumeMountStatuses(container)
  return {
    name: container.name,
    image: container.image ?? '',
    imageID: '',
    ready: false,
    restartCount: 0,
    state: { waiting: { reason } },
    lastState: {},
    ...(volumeMounts.length > 0 && { volumeMounts }),
  }
}

function volumeMountStatuses(container: Container): NonNullable<Status['volumeMounts']> {
  return (container.volumeMounts ?? []).map((mount) => ({
    name: mount.name,
    mountPath: mount.mountPath,
    ...(mount.readOnly && { readOnly: true, recursiveReadOnly: 'Disabled' }),
  }))
}

/** Of a container that the runtime does not have: not made yet, or removed. */
function notInRuntime(
  input: ContainerStatusInput,
  container: Container,
  old: ContainerStatus | undefined,
): Status {
  if (old?.state?.terminated && !input.isRestartingAll) return structuredClone(old) as Status
  const status = initialStatus(input, container)
  if (!old) return status
  status.restartCount = old.restartCount
  status.lastState = structuredClone(old.lastState ?? {}) as ContainerState
  if (input.isRestartingAll && !old.state?.waiting) return restartingAllStatus(status, old)
  if (old.state?.running && !status.lastState.terminated) {
    const message =
      'The container could not be located when the pod was deleted.  The container used to be Running'
    status.lastState = { terminated: lost('ContainerStatusUnknown', message) }
    if (!input.pod.metadata?.deletionTimestamp) status.restartCount++
  }
  return status
}

function restartingAllStatus(status: Status, old: ContainerStatus): Status {
  const message = 'The container is removed because RestartAllContainers in place'
  status.state = { waiting: { reason: RESTARTING_ALL, message } }
  status.lastState = { terminated: lost(RESTARTING_ALL, message) }
  status.restartCount = old.restartCount + 1
  return status
}

/** The end of a container that nobody saw. Times are unknown, and null as Go writes them. */
function lost(reason: string, message: string): NonNullable<Draft<ContainerState>['terminated']> {
  return { exitCode: 137, reason, message }
}

function fromRuntime(
  input: ContainerStatusInput,
  container: Container,
  old: ContainerStatus | undefined,
): Status | undefined {
  const [newest, before] = input.runtimePod.containers.filter(
    (candidate) => candidate.name === container.name,
  )
  if (!newest) return undefined
  const status = converted(input, container, newest, old)
  if (before) status.lastState = stateOf(input, before, old)
  return status
}

function converted(
  input: ContainerStatusInput,
  container: Container,
  current: RuntimeContainer,
  old: ContainerStatus | undefined,
): Status {
  const containerID = `${input.runtimeName}://${current.id}`
  const volumeMounts = old ? old.volumeMounts : volumeMountStatuses(container)
  const status: Status = {
    name: container.name,
    image: current.image,
    imageID: current.imageRef,
    containerID,
    ready: false,
    restartCount: Math.max(current.restartCount, old?.restartCount ?? 0),
    state: stateOf(input, current, old),
    lastState: {},
    resources: structuredClone(
      containerResources(container, current.state === 'running', input.actuated[container.name]),
    ) as never,
    ...(volumeMounts && volumeMounts.length > 0 && { volumeMounts: structuredClone(volumeMounts) as never }),
    ...(container.resources?.requests && { allocatedResources: { ...container.resources.requests } }),
    ...(current.user && { user: { linux: structuredClone(current.user) as never } }),
    ...(current.stopSignal !== '' && { stopSignal: current.stopSignal }),
  }
  const last =
    old && old.containerID !== containerID
      ? (old.state?.terminated ?? old.lastState?.terminated)
      : old?.lastState?.terminated
  if (last) status.lastState = { terminated: structuredClone(last) as never }
  if (current.state === 'running' && old?.state?.terminated && old.restartCount >= current.restartCount) {
    status.restartCount = old.restartCount + 1
  }
  if (current.state === 'unknown' && old?.state?.running) status.restartCount = old.restartCount + 1
  return status
}

function stateOf(
  input: ContainerStatusInput,
  container: RuntimeContainer,
  old: ContainerStatus | undefined,
): Draft<ContainerState> {
  const containerID = `${input.runtimeName}://${container.id}`
  if (container.state === 'running') return { running: { startedAt: formatTime(container.startedAt) } }
  if (container.state === 'exited') {
    return {
      terminated: {
        exitCode: container.exitCode,
        ...(container.reason !== '' && { reason: container.reason }),
        ...(container.message !== '' && { message: container.message }),
        ...(container.startedAt > 0 && { startedAt: formatTime(container.startedAt) }),
        ...(container.finishedAt > 0 && { finishedAt: formatTime(container.finishedAt) }),
        containerID,
      },
    }
  }
  if (container.state === 'unknown' && old?.state?.running) {
    const reason = input.isRestartingAll ? RESTARTING_ALL : 'ContainerStatusUnknown'
    return { terminated: lost(reason, 'The container could not be located when the pod was terminated') }
  }
  return { waiting: {} }
}

/** Init containers that are done need no reason; true when the status is settled. */
function settleInit(
  { pod, runtimePod }: ContainerStatusInput,
  container: Container,
  status: Status,
): boolean {
  const current = latestContainer(runtimePod, container.name)
  if (current) return current.state === 'exited' && current.exitCode === 0
  const isPast = regularContainers(pod).some((regular) => {
    const state = latestContainer(runtimePod, regular.name)?.state
    return state !== undefined && state !== 'unknown'
  })
  if (!isPast || isSidecar(container) || !status.state?.waiting) return false
  const message =
    'Unable to get init container status from container runtime and pod has been initialized, treat it as exited normally'
  status.state = { terminated: { exitCode: 0, reason: 'Completed', message } }
  return true
}

/** A container that should run but does not says why. */
function showFailure(
  { pod, runtimePod, failures }: ContainerStatusInput,
  container: Container,
  status: Status,
): void {
  const failure = failures.get(container.name)
  if (!failure || !shouldBeRestarted(pod, container, runtimePod)) return
  if (status.state?.terminated) status.lastState = status.state
  const { reason, message } = failure
  status.state = { waiting: { reason, ...(message !== '' && { message }) } }
}

/** `started` and `ready`, from the probes; a container without a probe has passed it. */
function setReadiness(
  { probes, runtimePod }: ContainerStatusInput,
  kind: ContainerKind,
  container: Container,
  status: Status,
  old: ContainerStatus | undefined,
): void {
  if (kind === 'ephemeral') return
  const isRunning = status.state?.running !== undefined
  const id = latestContainer(runtimePod, container.name)?.id ?? ''
  // Until a probe has its first result (after a restart of the kubelet) what was reported last holds.
  const reported = old !== undefined && old.containerID === status.containerID ? old : undefined
  const passed = (type: 'startup' | 'readiness', hasProbe: boolean, before: boolean | undefined): boolean => {
    const result = probes.get(id, type)
    return result ? result === 'success' : !hasProbe || before === true
  }
  status.started = isRunning && passed('startup', container.startupProbe !== undefined, reported?.started)
  if (kind === 'init' && !isSidecar(container)) status.ready = status.state?.terminated?.exitCode === 0
  else
    status.ready =
      status.started && passed('readiness', container.readinessProbe !== undefined, reported?.ready)
}
