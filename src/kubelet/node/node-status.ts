// The status of a node, from what the machine, the runtime and the node's pressure say. Pure.
//
// Upstream: pkg/kubelet/nodestatus/setters.go

import { formatQuantity, quantityOf } from '#api/meta/quantity.ts'
import type { ContainerImage, NodeCondition, NodeStatus } from '#api/types/core.ts'
import type { Image, RuntimeStatus } from '#kubelet/cri/types.ts'
import type { Machine } from '#kubelet/node/machine.ts'
import { sameJson } from '#kubelet/status/status-patch.ts'
import { formatTime } from '#sys/clock.ts'

export interface NodeFacts {
  readonly nodeName: string
  readonly addresses: readonly string[]
  readonly machine: Machine
  /** Of the file system with the kubelet's root. */
  readonly storageBytes: number
  readonly maxPods: number
  readonly port: number
  readonly kubeletVersion: string
  /** `containerd://1.6.20` */
  readonly runtimeVersion: string
  readonly runtime: RuntimeStatus
  readonly images: readonly Image[]
  /** Why it is not ready, if it is not. */
  readonly problems: readonly string[]
  readonly pressure: Pressure
}

export interface Pressure {
  readonly memory: boolean
  readonly disk: boolean
  readonly pids: boolean
}

/** Kept back for the machine itself: what eviction begins at. */
const RESERVED_MEMORY_BYTES = 100 * 1024 * 1024
const RESERVED_STORAGE_SHARE = 0.1
const MAX_IMAGES = 50
const MAX_NAMES_PER_IMAGE = 5

/** `old` gives what others wrote and when conditions changed last. */
export function nodeStatusOf(facts: NodeFacts, old: NodeStatus, now: number): NodeStatus {
  const { nodeName, machine, runtime } = facts
  return {
    ...old,
    addresses: [
      ...facts.addresses.map((address) => ({ type: 'InternalIP', address })),
      { type: 'Hostname', address: nodeName },
    ],
    ...resources(facts, old),
    conditions: mergedConditions(old.conditions ?? [], ownConditions(facts), now),
    daemonEndpoints: { kubeletEndpoint: { Port: facts.port } },
    nodeInfo: {
      architecture: machine.architecture,
      bootID: machine.bootID,
      containerRuntimeVersion: facts.runtimeVersion,
      kernelVersion: machine.kernelVersion,
      kubeProxyVersion: '',
      kubeletVersion: facts.kubeletVersion,
      machineID: machine.machineID,
      operatingSystem: 'linux',
      osImage: machine.osImage,
      systemUUID: machine.systemUUID,
      ...(machine.swapBytes > 0 && { swap: { capacity: machine.swapBytes } }),
    },
    images: imageList(facts.images),
    ...(runtime.handlers.length > 0 && {
      runtimeHandlers: runtime.handlers.map(({ name, features }) => ({
        name,
        ...(features && { features }),
      })),
    }),
    features: { supplementalGroupsPolicy: runtime.features?.supplementalGroupsPolicy === true },
  }
}

/** What others count on the node (extended resources) stays. */
function resources(
  { machine, storageBytes, maxPods }: NodeFacts,
  old: NodeStatus,
): Pick<NodeStatus, 'capacity' | 'allocatable'> {
  const kibibytes = (bytes: number): string => `${Math.floor(bytes / 1024)}Ki`
  const common = {
    cpu: String(machine.cpus),
    'hugepages-1Gi': '0',
    'hugepages-2Mi': '0',
    pods: String(maxPods),
  }
  const storage = Math.floor(storageBytes * (1 - RESERVED_STORAGE_SHARE))
  return {
    capacity: {
      ...old.capacity,
      ...common,
      memory: kibibytes(machine.memoryBytes),
      'ephemeral-storage': kibibytes(storageBytes),
    },
    allocatable: {
      ...old.allocatable,
      ...common,
      memory: kibibytes(Math.max(0, machine.memoryBytes - RESERVED_MEMORY_BYTES)),
      'ephemeral-storage': formatQuantity(quantityOf(storage)),
    },
  }
}

type Found = Pick<NodeCondition, 'type' | 'status' | 'reason' | 'message'>

function ownConditions({ pressure, problems }: NodeFacts): readonly Found[] {
  const of = (type: string, isTrue: boolean, [bad, badWords]: Words, [good, goodWords]: Words): Found => ({
    type,
    status: isTrue ? 'True' : 'False',
    reason: isTrue ? bad : good,
    message: isTrue ? badWords : goodWords,
  })
  return [
    of(
      'MemoryPressure',
      pressure.memory,
      ['KubeletHasInsufficientMemory', 'kubelet has insufficient memory available'],
      ['KubeletHasSufficientMemory', 'kubelet has sufficient memory available'],
    ),
    of(
      'DiskPressure',
      pressure.disk,
      ['KubeletHasDiskPressure', 'kubelet has disk pressure'],
      ['KubeletHasNoDiskPressure', 'kubelet has no disk pressure'],
    ),
    of(
      'PIDPressure',
      pressure.pids,
      ['KubeletHasInsufficientPID', 'kubelet has insufficient PID available'],
      ['KubeletHasSufficientPID', 'kubelet has sufficient PID available'],
    ),
    of(
      'Ready',
      problems.length === 0,
      ['KubeletReady', 'kubelet is posting ready status'],
      ['KubeletNotReady', problems.length === 1 ? problems[0]! : `[${problems.join(', ')}]`],
    ),
  ]
}

type Words = readonly [reason: string, message: string]

function mergedConditions(
  old: readonly NodeCondition[],
  found: readonly Found[],
  now: number,
): readonly NodeCondition[] {
  const time = formatTime(now)
  const own = found.map((condition) => {
    const before = old.find(({ type }) => type === condition.type)
    const isSame = before?.status === condition.status
    return {
      ...condition,
      lastHeartbeatTime: time,
      lastTransitionTime: (isSame ? before.lastTransitionTime : undefined) ?? time,
    }
  })
  const foreign = old.filter(({ type }) => !found.some((condition) => condition.type === type))
  return [...foreign, ...own]
}

/** The largest images first, each with its names: what the scheduler's image locality looks at. */
function imageList(images: readonly Image[]): readonly ContainerImage[] {
  return images
    .map(({ repoDigests, repoTags, size }) => ({
      names: [...repoDigests, ...repoTags].slice(0, MAX_NAMES_PER_IMAGE),
      sizeBytes: size,
    }))
    .filter(({ names }) => names.length > 0)
    .sort((a, b) => b.sizeBytes - a.sizeBytes)
    .slice(0, MAX_IMAGES)
}

/** Heartbeats alone are no news: the Lease carries them. */
export function hasChanged(old: NodeStatus, next: NodeStatus): boolean {
  const timeless = (status: NodeStatus): unknown => ({
    ...status,
    conditions: (status.conditions ?? []).map(({ lastHeartbeatTime: _time, ...rest }) => rest),
  })
  return !sameJson(timeless(old), timeless(next))
}
