// Whether a pod that was bound to this node may stay: the node's own check of what the scheduler has decided. Pure.
//
// Somebody may have bound it without the scheduler, or the node has changed since. Who is refused is Failed at
// once, so that its owner makes another one.
// Upstream: pkg/kubelet/lifecycle/predicate.go, pkg/kubelet/sysctl/allowlist.go, pkg/kubelet/eviction (Admit)

import { isNodeRequired } from '#api/meta/node-selector.ts'
import { podRequests } from '#api/meta/pod-resources.ts'
import { type Quantity, toMillis, toValue } from '#api/meta/quantity.ts'
import { toleratesAll } from '#api/meta/tolerations.ts'
import type { ContainerPort, Node, Pod } from '#api/types/core.ts'
import {
  initContainers,
  isHostNetwork,
  isSidecar,
  qosClassOf,
  regularContainers,
} from '#kubelet/pods/pod-spec.ts'

export interface Refusal {
  /** `OutOfcpu`, `NodeAffinity`, … */
  readonly reason: string
  readonly message: string
}

export interface AdmissionInput {
  readonly pod: Pod
  readonly node: Node
  /** Pods that are on the node already and not over. */
  readonly others: readonly Pod[]
}

/** Undefined when it may stay. */
export function refusalOf(input: AdmissionInput): Refusal | undefined {
  return (
    pressure(input) ??
    operatingSystem(input) ??
    groupsPolicy(input) ??
    resources(input) ??
    selection(input) ??
    ports(input) ??
    taint(input) ??
    sysctls(input)
  )
}

function pressure({ pod, node }: AdmissionInput): Refusal | undefined {
  if ((pod.spec?.priority ?? 0) >= CRITICAL_PRIORITY) return undefined
  const isTrue = (type: string): boolean =>
    node.status?.conditions?.some((condition) => condition.type === type && condition.status === 'True') ===
    true
  const isOnlyMemory = isTrue('MemoryPressure') && !isTrue('DiskPressure') && !isTrue('PIDPressure')
  if (isOnlyMemory && qosClassOf(pod) !== 'BestEffort') return undefined
  const types = ['DiskPressure', 'MemoryPressure', 'PIDPressure'].filter(isTrue)
  if (types.length === 0) return undefined
  return { reason: 'Evicted', message: `The node had condition: [${types.join(' ')}]. ` }
}

const CRITICAL_PRIORITY = 2_000_000_000

function operatingSystem({ pod }: AdmissionInput): Refusal | undefined {
  const label = pod.metadata?.labels?.['kubernetes.io/os']
  if (label !== undefined && label !== 'linux') {
    return {
      reason: 'PodOSSelectorNodeLabelDoesNotMatch',
      message: "Failed to admit pod as the `kubernetes.io/os` label doesn't match node label",
    }
  }
  if (pod.spec?.os && pod.spec.os.name !== 'linux') {
    return {
      reason: 'PodOSNotSupported',
      message: "Failed to admit pod as the OS field doesn't match node OS",
    }
  }
  return undefined
}

function groupsPolicy({ pod, node }: AdmissionInput): Refusal | undefined {
  if (pod.spec?.securityContext?.supplementalGroupsPolicy !== 'Strict') return undefined
  if (node.status?.features?.supplementalGroupsPolicy) return undefined
  const message = 'SupplementalGroupsPolicy=Strict is not supported in this node'
  return { reason: 'SupplementalGroupsPolicyNotSupported', message }
}

function resources({ pod, node, others }: AdmissionInput): Refusal | undefined {
  const allocatable = node.status?.allocatable ?? {}
  const podCount = toValue(allocatable['pods'] ?? '110')
  if (others.length + 1 > podCount) return outOf('pods', 1, others.length, podCount)
  const asked = podRequests(pod)
  for (const [name, amount] of asked) {
    const isExtended = name.includes('/')
    // What the node never had was perhaps given by somebody who has gone: it does not count.
    if (isExtended && allocatable[name] === undefined) continue
    const requested = inUnits(name, amount)
    if (requested === 0) continue
    const capacity = inUnits(name, allocatable[name] ?? '0')
    const used = others.reduce((sum, other) => sum + inUnits(name, podRequests(other).get(name) ?? '0'), 0)
    if (requested > capacity - used) return outOf(name, requested, used, capacity)
  }
  return undefined
}

const inUnits = (name: string, amount: Quantity | string): number =>
  name === 'cpu' ? toMillis(amount) : toValue(amount)

function outOf(name: string, requested: number, used: number, capacity: number): Refusal {
  const numbers = `requested: ${requested}, used: ${used}, capacity: ${capacity}`
  return { reason: `OutOf${name}`, message: `Node didn't have enough resource: ${name}, ${numbers}` }
}

function failed(predicate: string, why: string): Refusal {
  return { reason: predicate, message: `Predicate ${predicate} failed: ${why}` }
}

function selection({ pod, node }: AdmissionInput): Refusal | undefined {
  if (isNodeRequired(pod.spec, node)) return undefined
  return failed('NodeAffinity', "node(s) didn't match Pod's node affinity/selector")
}

function ports({ pod, others }: AdmissionInput): Refusal | undefined {
  const taken = others.flatMap(hostPorts)
  const isTaken = hostPorts(pod).some((port) => taken.some((other) => conflicts(port, other)))
  if (!isTaken) return undefined
  return failed('NodePorts', "node(s) didn't have free ports for the requested pod ports")
}

function hostPorts(pod: Pod): readonly ContainerPort[] {
  return [...regularContainers(pod), ...initContainers(pod).filter(isSidecar)].flatMap((container) =>
    (container.ports ?? []).filter(({ hostPort }) => hostPort !== undefined && hostPort > 0),
  )
}

function conflicts(a: ContainerPort, b: ContainerPort): boolean {
  if (a.hostPort !== b.hostPort || (a.protocol ?? 'TCP') !== (b.protocol ?? 'TCP')) return false
  const addresses = [a, b].map(({ hostIP }) =>
    hostIP && hostIP !== '0.0.0.0' && hostIP !== '::' ? hostIP : '',
  )
  return addresses.includes('') || addresses[0] === addresses[1]
}

function taint({ pod, node }: AdmissionInput): Refusal | undefined {
  if (toleratesAll(pod.spec?.tolerations ?? [], node.spec?.taints ?? [], ['NoExecute'])) return undefined
  return failed('TaintToleration', "node(s) had taints that the pod didn't tolerate")
}

/** Sysctls that have a namespace and cannot harm others. */
const SAFE_SYSCTLS: ReadonlySet<string> = new Set([
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.ping_group_range',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_wmem',
])

function sysctls({ pod }: AdmissionInput): Refusal | undefined {
  const refuse = (name: string, why: string): Refusal => ({
    reason: 'SysctlForbidden',
    message: `forbidden sysctl: "${name}" ${why}`,
  })
  for (const { name: given } of pod.spec?.securityContext?.sysctls ?? []) {
    const name = given.replaceAll('/', '.')
    if (!SAFE_SYSCTLS.has(name)) return refuse(name, 'not allowlisted')
    if (name.startsWith('net.') && isHostNetwork(pod))
      return refuse(name, 'not allowed with host net enabled')
    if (name.startsWith('kernel.shm') && pod.spec?.hostIPC)
      return refuse(name, 'not allowed with host ipc enabled')
  }
  return undefined
}
