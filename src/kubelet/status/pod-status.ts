// The whole status of a pod as the kubelet sees it now. Pure: facts in, PodStatus out.
//
// pod + runtime pod + probes + failures ▶ container statuses ▶ phase ▶ conditions. Times of transition and
// what others wrote are merged in by status-writer.ts. Upstream: pkg/kubelet/kubelet_pods.go (generateAPIPodStatus)

import type { Pod, PodCondition, PodStatus, ResourceRequirements } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import {
  ephemeralContainers,
  initContainers,
  isHostNetwork,
  isTerminalPhase,
  qosClassOf,
  regularContainers,
} from '#kubelet/pods/pod-spec.ts'
import { shouldRestartAll } from '#kubelet/pods/restart-all.ts'
import type { ProbeResults } from '#kubelet/probes/results.ts'
import { type RuntimePod, readySandbox } from '#kubelet/runtime/runtime-pod.ts'
import { OWN_CONDITIONS, ownConditions } from '#kubelet/status/conditions.ts'
import { podResources } from '#kubelet/status/container-resources.ts'
import { containerStatuses, type StartFailure } from '#kubelet/status/container-status.ts'
import { type PodPhase, phaseOf } from '#kubelet/status/phase.ts'

/** A decision of the kubelet that ends a pod: eviction, deadline, rejection. */
export interface PodEnd {
  readonly reason: string
  readonly message: string
}

export interface PodStatusInput {
  readonly pod: Pod
  readonly runtimePod: RuntimePod
  readonly runtimeName: string
  /** What was reported last. */
  readonly previous: PodStatus
  readonly failures: ReadonlyMap<string, StartFailure>
  readonly probes: ProbeResults
  readonly hostIPs: readonly string[]
  /** Its containers have been stopped and will not start again. */
  readonly isTerminated: boolean
  readonly end?: PodEnd | undefined
  readonly actuated: Readonly<Record<string, ResourceRequirements>>
  /** Conditions of a resize that is waiting or under way. */
  readonly resize: readonly PodCondition[]
}

export function podStatusOf(input: PodStatusInput): PodStatus {
  const { pod, runtimePod, previous } = input
  const containerInput = { ...input, isRestartingAll: shouldRestartAll(pod, runtimePod, previous) }
  const statuses = containerStatuses(
    containerInput,
    'regular',
    regularContainers(pod),
    previous.containerStatuses ?? [],
  )
  const initStatuses = containerStatuses(
    containerInput,
    'init',
    initContainers(pod),
    previous.initContainerStatuses ?? [],
  )
  const ephemeralStatuses = containerStatuses(
    containerInput,
    'ephemeral',
    ephemeralContainers(pod),
    previous.ephemeralContainerStatuses ?? [],
  )
  const phase = decidePhase(input, [...initStatuses, ...statuses])
  const foreign = (pod.status?.conditions ?? []).filter((condition) => !OWN_CONDITIONS.has(condition.type))
  const disruption = disruptionOf(input)
  const generation = pod.metadata?.generation
  const status: Draft<PodStatus> = {
    phase,
    ...reasonOf(input, phase),
    conditions: [
      ...foreign.filter(({ type }) => disruption === undefined || type !== disruption.type),
      ...input.resize,
      ...(disruption ? [disruption] : []),
      ...ownConditions({ pod, phase, runtimePod, previous, initStatuses, statuses, foreign }),
    ] as never,
    containerStatuses: statuses as never,
    ...(initStatuses.length > 0 && { initContainerStatuses: initStatuses as never }),
    ...(ephemeralStatuses.length > 0 && { ephemeralContainerStatuses: ephemeralStatuses as never }),
    ...addresses(input),
    qosClass: qosClassOf(pod),
    ...podResources(pod),
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  return status
}

/** Says of an evicted pod that it did not end by its own doing. */
function disruptionOf({ end, pod }: PodStatusInput): PodCondition | undefined {
  if (end?.reason !== 'Evicted') return undefined
  const generation = pod.metadata?.generation
  return {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'TerminationByKubelet',
    message: end.message,
    ...(generation !== undefined && { observedGeneration: generation }),
  }
}

/** A terminal phase is never left again, whoever set it. */
function decidePhase(input: PodStatusInput, statuses: Parameters<typeof phaseOf>[0]['statuses']): PodPhase {
  const { pod, runtimePod, previous } = input
  if (isTerminalPhase(pod.status?.phase)) return pod.status?.phase as PodPhase
  if (input.end) return 'Failed'
  const sandboxId = readySandbox(runtimePod)?.id
  const regular = new Set(regularContainers(pod).map((container) => container.name))
  const hasStartedRegular = runtimePod.containers.some(
    (container) => container.sandboxId === sandboxId && regular.has(container.name),
  )
  const phase = phaseOf({ pod, statuses, isTerminating: input.isTerminated, hasStartedRegular })
  return isTerminalPhase(previous.phase) && !isTerminalPhase(phase) ? (previous.phase as PodPhase) : phase
}

function reasonOf(
  { pod, previous, end }: PodStatusInput,
  phase: PodPhase,
): { reason?: string; message?: string } {
  if (end) return end
  if (phase !== previous.phase) return {}
  const reason = previous.reason || pod.status?.reason
  const message = previous.message || pod.status?.message
  return { ...(reason && { reason }), ...(message && { message }) }
}

type Addresses = Pick<Draft<PodStatus>, 'hostIP' | 'hostIPs' | 'podIP' | 'podIPs'>

/** The first address of each family, that of the node's first address before the other. */
function addresses({ pod, runtimePod, hostIPs, previous, isTerminated }: PodStatusInput): Addresses {
  const [hostIP] = hostIPs
  let ips = isHostNetwork(pod) ? hostIPs : runtimePod.ips
  // A pod that has ended keeps the address that it had.
  if (ips.length === 0 && (isTerminated || isTerminalPhase(previous.phase)))
    ips = (previous.podIPs ?? []).map((entry) => entry.ip)
  const isV6 = (ip: string): boolean => ip.includes(':')
  const primaryIsV6 = isV6(hostIP ?? '')
  const podIPs = [ips.find((ip) => isV6(ip) === primaryIsV6), ips.find((ip) => isV6(ip) !== primaryIsV6)]
    .filter((ip) => ip !== undefined)
    .map((ip) => ({ ip }))
  return {
    ...(hostIP !== undefined && { hostIP, hostIPs: hostIPs.map((ip) => ({ ip })) }),
    ...(podIPs[0] && { podIP: podIPs[0].ip, podIPs }),
  }
}
