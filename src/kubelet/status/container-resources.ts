// The resources that a status shows: what a container was given, as far as the runtime tells; and of the pod.
//
// Upstream: pkg/kubelet/kubelet_pods.go (convertContainerStatusResources, getEffectiveAllocatedResources).
// Left out: limits read back from the pod's cgroup (on cgroup v1 upstream shows "no limit" as a number there).

import { podLimits, podRequests } from '#api/meta/pod-resources.ts'
import {
  formatQuantity,
  parseQuantity,
  quantityOf,
  quantityOfMillis,
  toMillis,
  toValue,
} from '#api/meta/quantity.ts'
import type { Container, Pod, ResourceRequirements } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'
import {
  MIN_MILLI_CPU_LIMIT,
  MIN_SHARES,
  milliCPUOfQuota,
  milliCPUOfShares,
} from '#kubelet/cgroups/convert.ts'
import type { RuntimeContainer } from '#kubelet/runtime/runtime-pod.ts'

type Resources = Draft<ResourceRequirements>

/** What the spec asks for; of a running container with the values that the runtime has in force. */
export function containerResources(container: Container, current: RuntimeContainer): Resources {
  const resources = structuredClone(container.resources ?? {}) as Resources
  const actual = current.resources
  if (current.state !== 'running' || !actual) return resources
  if (resources.limits) {
    const cpu = milliCPUOfQuota(actual.cpuQuota ?? 0, actual.cpuPeriod ?? 0)
    if (cpu > MIN_MILLI_CPU_LIMIT) resources.limits['cpu'] = sameOr(resources.limits['cpu'], cpu)
    const memory = actual.memoryLimitInBytes ?? 0
    if (memory > 0) resources.limits['memory'] = sameBytesOr(resources.limits['memory'], memory)
  }
  if (resources.requests) {
    const shares = actual.cpuShares ?? 0
    if (shares > MIN_SHARES)
      resources.requests['cpu'] = sameOr(resources.requests['cpu'], milliCPUOfShares(shares))
  }
  return resources
}

/** Keeps the spec's own spelling when it is the same amount. */
function sameOr(wanted: string | undefined, millis: number): string {
  if (wanted !== undefined && Math.abs(toMillis(parseQuantity(wanted)) - millis) <= 1) return wanted
  return formatQuantity(quantityOfMillis(millis))
}

function sameBytesOr(wanted: string | undefined, bytes: number): string {
  if (wanted !== undefined && toValue(parseQuantity(wanted)) === bytes) return wanted
  return formatQuantity(quantityOf(bytes, 'BinarySI'))
}

/** `status.resources` and `status.allocatedResources` of a pod: its containers' sums. */
export function podResources(pod: Pod): {
  resources: Resources
  allocatedResources?: Record<string, string>
} {
  const requests = asStrings(podRequests(pod))
  const limits = asStrings(podLimits(pod))
  const resources: Resources = { ...(limits && { limits }), ...(requests && { requests }) }
  return { resources, ...(requests && { allocatedResources: requests }) }
}

function asStrings(amounts: ReturnType<typeof podRequests>): Record<string, string> | undefined {
  if (amounts.size === 0) return undefined
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]))
}
