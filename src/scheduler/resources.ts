// Amounts as the scheduler counts them: plain integers, so that a decision costs no parsing.
//
// CPU in thousandths of a core, everything else in whole units (bytes, devices, pods). Sums of frozen pods
// are remembered with the pod. Upstream: pkg/scheduler/framework/types.go (Resource)

import { type Amounts, podRequests } from '#api/meta/pod-resources.ts'
import { toMillis, toValue } from '#api/meta/quantity.ts'
import type { Node, Pod } from '#api/types/core.ts'

/** Resource name → amount. */
export type Resources = Map<string, number>

/** What a container without a request counts for in scores: 0.1 core and 200 MiB. */
const DEFAULT_CPU_MILLIS = 100
const DEFAULT_MEMORY_BYTES = 200 * 1024 * 1024

const requests = new WeakMap<Pod, Resources>()
const nonZeroRequests = new WeakMap<Pod, Resources>()

const inUnits = (name: string, quantity: string | Parameters<typeof toValue>[0]): number =>
  name === 'cpu' ? toMillis(quantity) : toValue(quantity)

function toResources(amounts: Amounts): Resources {
  return new Map([...amounts].map(([name, quantity]) => [name, inUnits(name, quantity)]))
}

/** What a pod asks for. */
export function requestsOf(pod: Pod): Resources {
  const known = requests.get(pod)
  if (known) return known
  const result = toResources(podRequests(pod))
  requests.set(pod, result)
  return result
}

/** What a pod asks for, where each container that asks for no CPU or memory counts as asking for a little. */
export function nonZeroRequestsOf(pod: Pod): Resources {
  const known = nonZeroRequests.get(pod)
  if (known) return known
  const result = new Map(requestsOf(withDefaults(pod)))
  nonZeroRequests.set(pod, result)
  return result
}

function withDefaults(pod: Pod): Pod {
  if (!pod.spec) return pod
  const containers = pod.spec.containers.map((container) => ({
    ...container,
    resources: {
      ...container.resources,
      requests: {
        cpu: `${DEFAULT_CPU_MILLIS}m`,
        memory: `${DEFAULT_MEMORY_BYTES}`,
        ...container.resources?.requests,
      },
    },
  }))
  return { ...pod, spec: { ...pod.spec, containers } }
}

/** What a node has to give to pods; `pods` is the number of pods that it takes. */
export function allocatableOf(node: Node): Resources {
  const list = node.status?.allocatable ?? node.status?.capacity ?? {}
  return new Map(Object.entries(list).map(([name, quantity]) => [name, inUnits(name, quantity)]))
}

/** Adds (`sign` 1) or takes away (`sign` -1). */
export function addResources(total: Resources, amounts: Resources, sign: 1 | -1): void {
  for (const [name, amount] of amounts) total.set(name, (total.get(name) ?? 0) + sign * amount)
}
