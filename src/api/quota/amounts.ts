// Arithmetic on lists of resources, as quotas need it. Pure.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/quota/v1/resources.go

import {
  addQuantities,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  type Quantity,
  quantityOf,
  subtractQuantities,
} from '#api/meta/quantity.ts'

export type ResourceList = Readonly<Record<string, string>>
export type Amounts = ReadonlyMap<string, Quantity>

export const ZERO: Quantity = quantityOf(0)
export const ONE: Quantity = quantityOf(1)

export function parseAmounts(list: ResourceList | undefined): Amounts {
  return new Map(Object.entries(list ?? {}).map(([name, amount]) => [name, parseQuantity(amount)]))
}

export function formatAmounts(amounts: Amounts): ResourceList {
  return Object.fromEntries([...amounts].map(([name, amount]) => [name, formatQuantity(amount)]))
}

/** Names of either. */
export function addAmounts(a: Amounts, b: Amounts): Amounts {
  const sum = new Map(a)
  for (const [name, amount] of b) {
    const before = sum.get(name)
    sum.set(name, before ? addQuantities(before, amount) : amount)
  }
  return sum
}

/** What `a` is more than `b`; never below zero. */
export function excess(a: Amounts, b: Amounts): Amounts {
  const names = new Set([...a.keys(), ...b.keys()])
  return new Map(
    [...names].map((name) => {
      const difference = subtractQuantities(a.get(name) ?? ZERO, b.get(name) ?? ZERO)
      return [name, isNegative(difference) ? ZERO : difference]
    }),
  )
}

const isNegative = (amount: Quantity): boolean => compareQuantities(amount, ZERO) < 0

/** Only the names in `names`. */
export function mask(amounts: Amounts, names: Iterable<string>): Amounts {
  const wanted = new Set(names)
  return new Map([...amounts].filter(([name]) => wanted.has(name)))
}

export function withoutZeros(amounts: Amounts): Amounts {
  return new Map([...amounts].filter(([, amount]) => compareQuantities(amount, ZERO) !== 0))
}

/** The names of which there is more than the limit. */
export function exceeded(amounts: Amounts, limits: Amounts): readonly string[] {
  return [...amounts]
    .filter(([name, amount]) => {
      const limit = limits.get(name)
      return limit !== undefined && compareQuantities(amount, limit) > 0
    })
    .map(([name]) => name)
}

/** `cpu=1,pods=2`, by name. */
export function describeAmounts(amounts: Amounts): string {
  return [...amounts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, amount]) => `${name}=${formatQuantity(amount)}`)
    .join(',')
}
