// In-place resize: what a pod's containers are allowed to have, apart from what the API wants and what runs. Pure.
//
//   spec (wanted) ──fits on the node──▶ allocated ──told to the runtime──▶ actuated
//
// All work on a pod uses the allocated resources in the place of the spec's. A resize that does not fit now is
// Deferred and tried again.
// Upstream: pkg/kubelet/allocation

import type { Container, Pod, PodCondition, ResourceRequirements } from '#api/types/core.ts'
import { initContainers, isSidecar, regularContainers } from '#kubelet/pods/pod-spec.ts'
import { sameJson } from '#kubelet/status/status-patch.ts'

export type Resources = ResourceRequirements

/** By container name; what the node keeps of a pod over restarts. */
export interface Allocation {
  allocated: Record<string, Resources>
  /** What each container was last started with or changed to. */
  actuated: Record<string, Resources>
}

/** Where a resize stands: what the two conditions say. */
export interface ResizeStatus {
  readonly pending?: { readonly reason: string; readonly message: string }
  readonly inProgress?: { readonly error?: string; readonly generation: number }
}

function resizable(pod: Pod): readonly Container[] {
  return [...initContainers(pod).filter(isSidecar), ...regularContainers(pod)]
}

export function allocationOf(pod: Pod): Record<string, Resources> {
  return Object.fromEntries(resizable(pod).map(({ name, resources }) => [name, resources ?? {}]))
}

/** The pod with its containers' resources as they are allocated; the same object when that is what it wants. */
export function withAllocation(pod: Pod, allocated: Readonly<Record<string, Resources>>): Pod {
  const replaced = (container: Container): Container => {
    const own = allocated[container.name]
    return own === undefined || sameJson(own, container.resources ?? {})
      ? container
      : { ...container, resources: own }
  }
  const containers = regularContainers(pod).map(replaced)
  const init = initContainers(pod).map(replaced)
  const isSame = [...containers, ...init].every(
    (one, i) => one === [...regularContainers(pod), ...initContainers(pod)][i],
  )
  if (isSame || !pod.spec) return pod
  return { ...pod, spec: { ...pod.spec, containers, ...(init.length > 0 && { initContainers: init }) } }
}

/** Containers whose running resources are not the allocated ones. */
export function unactuated(pod: Pod, actuated: Readonly<Record<string, Resources>>): readonly Container[] {
  return resizable(pod).filter(({ name, resources }) => {
    const current = actuated[name]
    return current !== undefined && !sameJson(computeOnly(current), computeOnly(resources ?? {}))
  })
}

/** CPU and memory are what can be changed in place. */
function computeOnly({ limits, requests }: Resources): object {
  const pick = (list: Readonly<Record<string, string>> | undefined): object => ({
    cpu: list?.['cpu'],
    memory: list?.['memory'],
  })
  return { limits: pick(limits), requests: pick(requests) }
}

/** Whether a container has to be started anew for this change of its resources. */
export function needsRestart(container: Container, actuated: Resources): boolean {
  return (container.resizePolicy ?? []).some(({ resourceName, restartPolicy }) => {
    if (restartPolicy !== 'RestartContainer') return false
    const amounts = (resources: Resources | undefined): object => ({
      limit: resources?.limits?.[resourceName],
      request: resources?.requests?.[resourceName],
    })
    return !sameJson(amounts(container.resources), amounts(actuated))
  })
}

/** The conditions of a resize, which come before all others. */
export function resizeConditions(
  status: ResizeStatus,
  generation: number | undefined,
): readonly PodCondition[] {
  const observed = generation === undefined ? {} : { observedGeneration: generation }
  const conditions: PodCondition[] = []
  if (status.pending)
    conditions.push({ type: 'PodResizePending', status: 'True', ...status.pending, ...observed })
  if (status.inProgress) {
    const { error, generation: since } = status.inProgress
    const failure = error === undefined ? {} : { reason: 'Error', message: error }
    conditions.push({ type: 'PodResizeInProgress', status: 'True', ...failure, observedGeneration: since })
  }
  return conditions
}

/** What events about a resize say of the pod: `{"containers":[…],"generation":2}`. */
export function resizeSummary(prefix: string, pod: Pod, generation: number, error?: string): string {
  const list = (containers: readonly Container[]): object[] =>
    containers.map(({ name, resources }) => ({ name, resources: ordered(resources ?? {}) }))
  const init = initContainers(pod)
  const summary = {
    ...(init.length > 0 && { initContainers: list(init) }),
    containers: list(regularContainers(pod)),
    generation,
    ...(error !== undefined && { error }),
  }
  return `${prefix}: ${JSON.stringify(summary)}`
}

function ordered({ limits, requests }: Resources): object {
  return { ...(limits && { limits: sorted(limits) }), ...(requests && { requests: sorted(requests) }) }
}

const sorted = (list: Readonly<Record<string, string>>): object =>
  Object.fromEntries(Object.entries(list).sort(([a], [b]) => (a < b ? -1 : 1)))
