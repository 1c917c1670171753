// Whether the quotas of a namespace have room for one write, and what is used when it is made. Pure.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go (CheckRequest)

import type { JsonObject } from '#api/meta/object.ts'
import {
  type Amounts,
  addAmounts,
  describeAmounts,
  exceeded,
  excess,
  formatAmounts,
  mask,
  parseAmounts,
  withoutZeros,
} from '#api/quota/amounts.ts'
import type { Evaluator, QuotaRequest } from '#api/quota/evaluator.ts'
import { scopesOf } from '#api/quota/scopes.ts'
import type { ResourceQuota } from '#api/types/core.ts'

export type Verdict =
  /** `charged` holds all quotas, those that change with their new usage. */
  | { readonly allowed: true; readonly charged: readonly ResourceQuota[] }
  | { readonly allowed: false; readonly why: string }

export function checkQuotas(
  quotas: readonly ResourceQuota[],
  request: QuotaRequest & { readonly object: JsonObject },
  evaluator: Evaluator,
  now: number,
): Verdict {
  const usage = evaluator.usage(request.object, now)
  const charged: ResourceQuota[] = []
  for (const quota of quotas) {
    const verdict = isConcerned(quota, request.object, evaluator)
      ? charge(quota, request, evaluator, usage, now)
      : { quota }
    if ('why' in verdict) return { allowed: false, why: verdict.why }
    charged.push(verdict.quota)
  }
  return { allowed: true, charged }
}

function isConcerned(quota: ResourceQuota, object: JsonObject, evaluator: Evaluator): boolean {
  const names = Object.keys(quota.status?.hard ?? {})
  return (
    evaluator.matching(names).length > 0 &&
    scopesOf(quota).every((scope) => evaluator.isInScope(scope, object))
  )
}

function charge(
  quota: ResourceQuota,
  request: QuotaRequest & { readonly object: JsonObject },
  evaluator: Evaluator,
  usage: Amounts,
  now: number,
): { readonly quota: ResourceQuota } | { readonly why: string } {
  const name = quota.metadata?.name ?? ''
  const [hard, used] = [parseAmounts(quota.status?.hard), parseAmounts(quota.status?.used)]
  const names = evaluator.matching([...hard.keys()])
  const constraint = evaluator.constraint?.(names, request.object)
  if (constraint) return { why: `failed quota: ${name}: ${constraint}` }
  if (names.some((each) => !used.has(each))) {
    return { why: `status unknown for quota: ${name}, resources: ${[...names].sort().join(',')}` }
  }
  const delta = withoutZeros(deltaOf(quota, request, evaluator, usage, now))
  const requested = mask(delta, hard.keys())
  if (requested.size === 0) return { quota }
  const newUsage = addAmounts(used, requested)
  if (request.subresource !== 'status') {
    const over = exceeded(mask(newUsage, requested.keys()), hard)
    if (over.length > 0) {
      const show = (amounts: Amounts) => describeAmounts(mask(amounts, over))
      return {
        why: `exceeded quota: ${name}, requested: ${show(requested)}, used: ${show(used)}, limited: ${show(hard)}`,
      }
    }
  }
  return { quota: { ...quota, status: { ...quota.status, used: formatAmounts(newUsage) } } }
}

/** An update pays for what it adds to what it had, if that was counted under this quota. */
function deltaOf(
  quota: ResourceQuota,
  { operation, oldObject }: QuotaRequest,
  evaluator: Evaluator,
  usage: Amounts,
  now: number,
): Amounts {
  if (operation !== 'UPDATE' || !oldObject || !isConcerned(quota, oldObject, evaluator)) return usage
  return excess(usage, evaluator.usage(oldObject, now))
}
