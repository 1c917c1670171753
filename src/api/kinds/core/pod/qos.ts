// Which class of service a pod has: what the kernel kills first when memory runs out.
//
// Upstream: pkg/apis/core/helper/qos/qos.go

import { type Amounts, add, type ResourceList } from '#api/meta/pod-resources.ts'
import { compareQuantities, parseQuantity, type Quantity } from '#api/meta/quantity.ts'
import type { PodSpec } from '#api/types/core.ts'

export type QosClass = 'Guaranteed' | 'Burstable' | 'BestEffort'

const COMPUTE = ['cpu', 'memory']

/** Guaranteed: everything is limited to what is requested. BestEffort: nothing is said. Burstable: the rest. */
export function qosClassOf(spec: PodSpec): QosClass {
  const bearers = spec.resources ? [spec.resources] : containerResources(spec)
  const requests: Amounts = new Map()
  const limits: Amounts = new Map()
  let allLimited = true
  for (const resources of bearers) {
    add(requests, computeAmounts(resources.requests))
    const own = computeAmounts(resources.limits)
    add(limits, own)
    const saysNothing = spec.resources && Object.keys(resources.limits ?? {}).length === 0
    if (!saysNothing && own.size < COMPUTE.length) allLimited = false
  }
  if (requests.size === 0 && limits.size === 0) return 'BestEffort'
  const isGuaranteed =
    allLimited &&
    requests.size === limits.size &&
    [...requests].every(([name, request]) => isLimitedTo(limits.get(name), request))
  return isGuaranteed ? 'Guaranteed' : 'Burstable'
}

const isLimitedTo = (limit: Quantity | undefined, request: Quantity): boolean =>
  limit !== undefined && compareQuantities(limit, request) === 0

const containerResources = (
  spec: PodSpec,
): { readonly requests?: ResourceList; readonly limits?: ResourceList }[] =>
  [...(spec.containers ?? []), ...(spec.initContainers ?? [])].map(({ resources }) => resources ?? {})

function computeAmounts(list: ResourceList | undefined): Amounts {
  const amounts: Amounts = new Map()
  for (const name of COMPUTE) {
    const text = list?.[name]
    if (text === undefined) continue
    const amount = parseQuantity(text)
    if (amount.mantissa > 0n) amounts.set(name, amount)
  }
  return amounts
}
