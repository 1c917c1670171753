// What a LimitRange demands of amounts, and in which words it refuses. Pure.
//
// Upstream: plugin/pkg/admission/limitranger/admission.go (minConstraint, maxConstraint, limitRequestRatioConstraint)

import {
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  toMillis,
} from '#api/meta/quantity.ts'
import type { LimitRangeItem } from '#api/types/core.ts'

export type Amounts = ReadonlyMap<string, Quantity>

export function amountsOf(list: Readonly<Record<string, string>> | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, amount]) => [name, parseQuantity(amount)]))
}

/** Faults of one container, pod or claim with respect to one item. A claim has requests only. */
export function itemFaults(item: LimitRangeItem, requests: Amounts, limits: Amounts | undefined): string[] {
  const { type } = item
  return [
    ...each(item.min, (name, bound) => minFault(type, name, bound, requests, limits)),
    ...each(item.max, (name, bound) => maxFault(type, name, bound, requests, limits)),
    ...(limits
      ? each(item.maxLimitRequestRatio, (name, bound) => ratioFault(type, name, bound, requests, limits))
      : []),
  ]
}

function each(
  bounds: Readonly<Record<string, string>> | undefined,
  judge: (name: string, bound: Quantity) => string | undefined,
): string[] {
  return Object.entries(bounds ?? {})
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, bound]) => judge(name, parseQuantity(bound)) ?? [])
}

const isLess = (a: Quantity, b: Quantity): boolean => compareQuantities(a, b) < 0

function minFault(
  type: string,
  name: string,
  bound: Quantity,
  requests: Amounts,
  limits: Amounts | undefined,
): string | undefined {
  const demand = `minimum ${name} usage per ${type} is ${formatQuantity(bound)}`
  const request = requests.get(name)
  const limit = limits?.get(name)
  if (!request) return `${demand}.  No request is specified`
  if (isLess(request, bound)) return `${demand}, but request is ${formatQuantity(request)}`
  if (limit && isLess(limit, bound)) return `${demand}, but limit is ${formatQuantity(limit)}`
  return undefined
}

function maxFault(
  type: string,
  name: string,
  bound: Quantity,
  requests: Amounts,
  limits: Amounts | undefined,
): string | undefined {
  const demand = `maximum ${name} usage per ${type} is ${formatQuantity(bound)}`
  const request = requests.get(name)
  const limit = limits?.get(name)
  if (limits && !limit) return `${demand}.  No limit is specified`
  if (!limits && !request) return `${demand}.  No request is specified`
  if (limit && isLess(bound, limit)) return `${demand}, but limit is ${formatQuantity(limit)}`
  if (request && isLess(bound, request)) return `${demand}, but request is ${formatQuantity(request)}`
  return undefined
}

function ratioFault(
  type: string,
  name: string,
  bound: Quantity,
  requests: Amounts,
  limits: Amounts,
): string | undefined {
  const demand = `${name} max limit to request ratio per ${type} is ${formatQuantity(bound)}`
  const request = millisOf(requests.get(name))
  const limit = millisOf(limits.get(name))
  if (request === 0) return `${demand}, but no request is specified or request is 0`
  if (limit === 0) return `${demand}, but no limit is specified or limit is 0`
  const ratio = limit / request
  return ratio * 1000 > toMillis(bound) ? `${demand}, but provided ratio is ${ratio.toFixed(6)}` : undefined
}

const millisOf = (quantity: Quantity | undefined): number => (quantity ? toMillis(quantity) : 0)
