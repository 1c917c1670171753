// Whom to evict first when the node is short of something. Pure.
//
// Who uses more than was asked for goes before who does not, then lower priority before higher, then who is
// furthest above its request. Upstream: pkg/kubelet/eviction/helpers.go (rankMemoryPressure)

import { podRequests } from '#api/meta/pod-resources.ts'
import { formatQuantity, quantityOf, toValue } from '#api/meta/quantity.ts'
import type { Pod } from '#api/types/core.ts'

export interface PodUse {
  readonly pod: Pod
  /** Bytes of the resource that is short. */
  readonly usage: number
  readonly containers: readonly { readonly name: string; readonly usage: number }[]
}

/** The first is to go first. Pods that keep the cluster alive are not among them. */
export function rank(uses: readonly PodUse[], resource: 'memory' | 'ephemeral-storage'): readonly PodUse[] {
  const requestOf = ({ pod }: PodUse): number => {
    const request = podRequests(pod).get(resource)
    return request ? toValue(request) : 0
  }
  const above = (use: PodUse): number => use.usage - requestOf(use)
  const exceeds = (use: PodUse): number => (above(use) > 0 ? 1 : 0)
  const priority = ({ pod }: PodUse): number => pod.spec?.priority ?? 0
  return uses
    .filter((use) => !isCritical(use.pod))
    .sort((a, b) => exceeds(b) - exceeds(a) || priority(a) - priority(b) || above(b) - above(a))
}

const CRITICAL_PRIORITY = 2_000_000_000

export function isCritical(pod: Pod): boolean {
  return (pod.spec?.priority ?? 0) >= CRITICAL_PRIORITY
}

/** `Container web was using 20Mi, request is 10Mi, has larger consumption of memory. ` for each that did. */
export function blame({ pod, containers }: PodUse, resource: string): string {
  let text = ''
  for (const container of [...(pod.spec?.containers ?? []), ...(pod.spec?.initContainers ?? [])]) {
    const usage = containers.find(({ name }) => name === container.name)?.usage ?? 0
    const request = container.resources?.requests?.[resource] ?? '0'
    if (usage <= toValue(request)) continue
    const used = formatQuantity(quantityOf(usage, 'BinarySI'))
    text += `Container ${container.name} was using ${used}, request is ${request}, has larger consumption of ${resource}. `
  }
  return text
}
