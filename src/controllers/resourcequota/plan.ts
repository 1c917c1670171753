// What a namespace uses of what a quota limits, and the quota's status that follows. Pure.
//
// Admission charges each write before it is stored; this is the recount that gives back what was deleted, and what was
// charged for a write that failed in the end.
// Upstream: pkg/controller/resourcequota/resource_quota_controller.go (syncResourceQuota),
// staging/src/k8s.io/apiserver/pkg/quota/v1/resources.go (CalculateUsage)

import type { JsonObject, KubeObject } from '#api/meta/object.ts'
import { compareQuantities, type Quantity } from '#api/meta/quantity.ts'
import {
  type Amounts,
  addAmounts,
  formatAmounts,
  mask,
  parseAmounts,
  type ResourceList,
  ZERO,
} from '#api/quota/amounts.ts'
import type { Evaluator } from '#api/quota/evaluator.ts'
import { scopesOf } from '#api/quota/scopes.ts'
import type { ResourceQuota, ResourceQuotaStatus } from '#api/types/core.ts'

/** All objects of one kind in the quota's namespace. */
export interface Counted {
  readonly evaluator: Evaluator
  readonly objects: readonly KubeObject[]
}

const isInScopes = (quota: ResourceQuota, evaluator: Evaluator, object: KubeObject): boolean =>
  scopesOf(quota).every((scope) => evaluator.isInScope(scope, asJson(object)))

const asJson = (object: KubeObject): JsonObject => object as unknown as JsonObject

/** Names that no kind in `counted` accounts for keep what the status says. */
export function quotaStatus(
  quota: ResourceQuota,
  counted: readonly Counted[],
  nowMs: number,
): ResourceQuotaStatus {
  const hard = quota.spec?.hard ?? {}
  const used = new Map(mask(parseAmounts(quota.status?.used), Object.keys(hard)))
  for (const { evaluator, objects } of counted) {
    const names = evaluator.matching(Object.keys(hard))
    let sum: Amounts = new Map(names.map((name) => [name, ZERO]))
    for (const object of objects) {
      if (isInScopes(quota, evaluator, object)) sum = addAmounts(sum, evaluator.usage(asJson(object), nowMs))
    }
    for (const [name, amount] of mask(sum, names)) used.set(name, amount)
  }
  return { hard, used: formatAmounts(used) }
}

export function isStatusNews({ status, spec }: ResourceQuota, next: ResourceQuotaStatus): boolean {
  if (status?.hard === undefined || status.used === undefined) return true
  return !isSameList(status.hard, spec?.hard ?? {}) || !isSameList(status.used, next.used ?? {})
}

function isSameList(a: ResourceList, b: ResourceList): boolean {
  const [left, right] = [parseAmounts(a), parseAmounts(b)]
  const isSame = (amount: Quantity, other: Quantity | undefined): boolean =>
    other !== undefined && compareQuantities(amount, other) === 0
  return left.size === right.size && [...left].every(([name, amount]) => isSame(amount, right.get(name)))
}

/** Whether a change of an object makes a difference to a quota. */
export function isUsageNews(
  quota: ResourceQuota,
  evaluator: Evaluator,
  before: KubeObject,
  after: KubeObject,
  nowMs: number,
): boolean {
  const names = evaluator.matching(Object.keys(quota.spec?.hard ?? {}))
  const seen = (object: KubeObject): string =>
    isInScopes(quota, evaluator, object)
      ? JSON.stringify(
          Object.entries(formatAmounts(mask(evaluator.usage(asJson(object), nowMs), names))).sort(),
        )
      : ''
  return names.length > 0 && seen(before) !== seen(after)
}
