// How objects count against quotas: which evaluator for which resource. Pure.
//
// Admission charges with it, and the controller that recounts a namespace uses the same, so the two cannot disagree.
// Upstream: staging/src/k8s.io/apiserver/pkg/quota/v1/interfaces.go, pkg/quota/v1/{install,evaluator/core}

import type { JsonObject } from '#api/meta/object.ts'
import { type Amounts, ONE } from '#api/quota/amounts.ts'
import { claimEvaluator } from '#api/quota/claims.ts'
import { podEvaluator } from '#api/quota/pods.ts'
import { serviceEvaluator } from '#api/quota/services.ts'
import type { ScopedResourceSelectorRequirement } from '#api/types/core.ts'

/** A write, as far as quotas ask. */
export interface QuotaRequest {
  readonly operation: string
  readonly subresource: string
  readonly object?: JsonObject
  readonly oldObject?: JsonObject
}

export interface Evaluator {
  /** Whether such a write can change usage. */
  handles(request: QuotaRequest): boolean
  /** Which of the names of a quota this resource is counted under. */
  matching(names: readonly string[]): readonly string[]
  /** Whether an object is in a scope. */
  isInScope(scope: ScopedResourceSelectorRequirement, object: JsonObject): boolean
  /** Why an object cannot be counted under `names`: it does not say how much it needs. */
  constraint?(names: readonly string[], object: JsonObject): string | undefined
  /** `now` in milliseconds: what should be gone by now does not count. */
  usage(object: JsonObject, now: number): Amounts
}

const ALIASES: Readonly<Record<string, string>> = {
  configmaps: 'configmaps',
  resourcequotas: 'resourcequotas',
  replicationcontrollers: 'replicationcontrollers',
  secrets: 'secrets',
}

const IGNORED = new Set(['bindings', 'componentstatuses', 'events', 'events.events.k8s.io'])
const VIRTUAL_GROUPS = new Set(['authentication.k8s.io', 'authorization.k8s.io'])

/** Undefined for resources that are never counted. */
export function evaluatorFor(group: string, resource: string): Evaluator | undefined {
  const id = group ? `${resource}.${group}` : resource
  if (IGNORED.has(id) || VIRTUAL_GROUPS.has(group)) return undefined
  switch (id) {
    case 'pods':
      return podEvaluator
    case 'services':
      return serviceEvaluator
    case 'persistentvolumeclaims':
      return claimEvaluator
    default:
      return countEvaluator([`count/${id}`, ...(ALIASES[id] ? [ALIASES[id]] : [])])
  }
}

/** Counts objects, under each of `names`. */
function countEvaluator(names: readonly string[]): Evaluator {
  const usage = new Map(names.map((name) => [name, ONE]))
  return {
    handles: ({ operation, subresource }) => operation === 'CREATE' && subresource === '',
    matching: (wanted) => wanted.filter((name) => names.includes(name)),
    isInScope: () => false,
    usage: () => usage,
  }
}
