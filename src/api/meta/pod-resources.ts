// What a pod asks for as a whole: the sum that the scheduler, quotas and the kubelet's QoS all work from.
//
// Containers run together, so they add up; init containers run one after the other before them, so only the
// largest counts; sidecars (init containers that go on) add up with both what follows them and the rest.
// Requests at pod level, where they are given, stand in for the sum. The runtime's overhead comes on top.
// Upstream: staging/src/k8s.io/component-helpers/resource/helpers.go

import { addQuantities, compareQuantities, parseQuantity, type Quantity } from '#api/meta/quantity.ts'
import type { Container, Pod, PodSpec } from '#api/types/core.ts'

export type ResourceList = Readonly<Record<string, string>>
export type Amounts = Map<string, Quantity>

/** Only these may be asked for at pod level. */
export const isPodLevelResource = (name: string): boolean =>
  name === 'cpu' || name === 'memory' || name.startsWith('hugepages-')

/** The requests of a pod by resource name. */
export function podRequests(pod: Pod): Amounts {
  return podAmounts(pod, (container) => container.resources?.requests, pod.spec?.resources?.requests)
}

/** The limits of a pod by resource name; a container without a limit does not count. */
export function podLimits(pod: Pod): Amounts {
  return podAmounts(pod, (container) => container.resources?.limits, pod.spec?.resources?.limits)
}

/** What the containers request in sum, whatever the pod says for all of them. */
export const containerRequests = (spec: PodSpec): Amounts =>
  containerAmounts(spec, (container) => container.resources?.requests)

export const containerLimits = (spec: PodSpec): Amounts =>
  containerAmounts(spec, (container) => container.resources?.limits)

function podAmounts(
  pod: Pod,
  amountsOf: (container: Container) => ResourceList | undefined,
  podLevel: ResourceList | undefined,
): Amounts {
  const total: Amounts = pod.spec ? containerAmounts(pod.spec, amountsOf) : new Map()
  for (const [name, amount] of parsed(podLevel)) if (isPodLevelResource(name)) total.set(name, amount)
  add(total, parsed(pod.spec?.overhead))
  return total
}

function containerAmounts(
  spec: PodSpec,
  amountsOf: (container: Container) => ResourceList | undefined,
): Amounts {
  const total: Amounts = new Map()
  for (const container of spec.containers ?? []) add(total, parsed(amountsOf(container)))
  const sidecars: Amounts = new Map()
  const initial: Amounts = new Map()
  for (const container of spec.initContainers ?? []) {
    const own = parsed(amountsOf(container))
    if (container.restartPolicy === 'Always') {
      add(total, own)
      add(sidecars, own)
      raise(initial, sidecars)
    } else {
      add(own, sidecars)
      raise(initial, own)
    }
  }
  raise(total, initial)
  return total
}

function parsed(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, text]) => [name, parseQuantity(text)]))
}

/** Adds `amounts` to `total`. */
export function add(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const sum = total.get(name)
    total.set(name, sum ? addQuantities(sum, amount) : amount)
  }
}

/** Raises each amount of `total` to at least that of `amounts`. */
function raise(total: Amounts, amounts: Amounts): void {
  for (const [name, amount] of amounts) {
    const known = total.get(name)
    if (!known || compareQuantities(amount, known) > 0) total.set(name, amount)
  }
}
