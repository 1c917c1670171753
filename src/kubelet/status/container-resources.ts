// The resources that a status shows: what a container was given, and what a pod's containers ask for together. Pure.
//
// Upstream: pkg/kubelet/kubelet_pods.go (convertContainerStatusResources, getEffectiveAllocatedResources).
// Left out: limits read back from the pod's cgroup (on cgroup v1 upstream shows "no limit" as a number there).

import { podLimits, podRequests } from '#api/meta/pod-resources.ts'
import { formatQuantity } from '#api/meta/quantity.ts'
import type { Container, Pod, ResourceRequirements } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

type Resources = Draft<ResourceRequirements>

/** What the spec asks for; of a running container what it was last given, which a resize may have left behind. */
export function containerResources(
  container: Container,
  isRunning: boolean,
  actuated: ResourceRequirements | undefined,
): ResourceRequirements {
  return (isRunning && actuated) || container.resources || {}
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
