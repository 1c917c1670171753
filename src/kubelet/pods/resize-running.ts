// Brings running containers to the resources that are allocated to them, without starting them anew.
//
// The pod's cgroup holds both the old and the new sums while its containers change, so that neither a container that
// grows nor one that shrinks runs into it. Memory is not taken from a container that uses it.
// Upstream: pkg/kubelet/kuberuntime/kuberuntime_manager.go (doPodResizeAction)

import { toValue } from '#api/meta/quantity.ts'
import type { Container, Pod } from '#api/types/core.ts'
import { containerCgroup, podCgroupConfig } from '#kubelet/cgroups/pod-cgroup-config.ts'
import type { Allocations, PodAllocation } from '#kubelet/pods/allocations.ts'
import type { PodContext } from '#kubelet/pods/pod-context.ts'
import { needsRestart, resizeSummary, unactuated, withAllocation } from '#kubelet/pods/resize.ts'
import { latestContainer, type RuntimePod } from '#kubelet/runtime/runtime-pod.ts'

/** Rejects never: a resize that fails is said by its condition and tried again at the next sync. */
export async function resizeRunning(
  context: PodContext,
  allocations: Allocations,
  pod: Pod,
  allocation: PodAllocation,
  runtimePod: RuntimePod,
): Promise<void> {
  const generation = allocation.status.inProgress?.generation ?? pod.metadata?.generation ?? 0
  const waiting = unactuated(pod, allocation.actuated)
  const changing = waiting.filter((container) => {
    const isRunning = latestContainer(runtimePod, container.name)?.state === 'running'
    return isRunning && !needsRestart(container, allocation.actuated[container.name] ?? {})
  })
  try {
    if (changing.length > 0) {
      await refuseTakingUsedMemory(context, changing, allocation, runtimePod)
      await context.cgroups.ensure(pod, podCgroupConfig(withAllocation(pod, allocation.actuated)))
      for (const container of changing) {
        const id = latestContainer(runtimePod, container.name)?.id ?? ''
        await context.runtime.updateContainerResources(
          id,
          containerCgroup(pod, container, context.memoryCapacityBytes),
        )
        await allocations.actuate(pod, allocation, container)
      }
      await context.cgroups.ensure(pod)
    }
    if (!allocation.status.inProgress || unactuated(pod, allocation.actuated).length > 0) return
    const { inProgress: _done, ...rest } = allocation.status
    allocation.status = rest
    context.events.pod(
      pod,
      'Normal',
      'ResizeCompleted',
      resizeSummary('Pod resize completed', pod, generation),
    )
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (allocation.status.inProgress?.error !== message) {
      context.events.pod(
        pod,
        'Warning',
        'ResizeError',
        resizeSummary('Pod resize error', pod, generation, message),
      )
    }
    allocation.status = { ...allocation.status, inProgress: { generation, error: message } }
  }
}

async function refuseTakingUsedMemory(
  { runtime }: PodContext,
  changing: readonly Container[],
  { actuated }: PodAllocation,
  runtimePod: RuntimePod,
): Promise<void> {
  const bytes = (text: string | undefined): number =>
    text === undefined ? Number.POSITIVE_INFINITY : toValue(text)
  const shrinking = changing.filter(
    ({ name, resources }) => bytes(resources?.limits?.['memory']) < bytes(actuated[name]?.limits?.['memory']),
  )
  if (shrinking.length === 0) return
  const stats = await runtime.listContainerStats()
  const problems = shrinking.flatMap(({ name, resources }) => {
    const id = latestContainer(runtimePod, name)?.id
    const usage = stats.find(({ attributes }) => attributes.id === id)?.memory?.usageBytes?.value ?? 0
    const limit = bytes(resources?.limits?.['memory'])
    if (usage < limit) return []
    return [`attempting to set container "${name}" memory limit (${limit}) below current usage (${usage})`]
  })
  if (problems.length === 0) return
  const list = problems.length === 1 ? problems[0] : `[${problems.join(', ')}]`
  throw new Error(`cannot decrease memory limits: ${list}`)
}
