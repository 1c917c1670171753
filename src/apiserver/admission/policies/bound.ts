// A policy bound to a request: whether it holds, and what its expressions read, once for each parameter object.
//
// What validating and mutating policies have in common before they judge or change anything.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go

import type { JsonObject, KubeObject } from '#api/meta/object.ts'
import type { MatchCondition } from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import type { PolicyInput } from '#apiserver/admission/policies/expressions.ts'
import {
  ConfigurationError,
  holdsForBinding,
  invocationOfPolicy,
  namespaceOf,
  type Policy,
  type PolicyBinding,
} from '#apiserver/admission/policies/match.ts'
import { type ParamSource, paramSourceOf, paramsOf } from '#apiserver/admission/policies/params.ts'
import { type Conditions, compileConditions } from '#apiserver/admission/webhooks/conditions.ts'
import type { Invocation } from '#apiserver/admission/webhooks/match.ts'
import { reviewOf, shownAs } from '#apiserver/admission/webhooks/review.ts'

/** One thing that a policy has to look at. */
export interface BoundInput<B extends PolicyBinding> {
  readonly binding: B
  readonly invocation: Invocation
  /** What expressions read now; the object changes while a policy mutates it. */
  input(): PolicyInput
}

/** What is wrong with a policy; `binding` is absent where no binding is to blame. */
export interface BoundProblem<B extends PolicyBinding> {
  readonly binding: B | undefined
  readonly problem: string
  /** The policy or binding cannot be brought to bear at all; else a condition could not be evaluated. */
  readonly isConfiguration: boolean
}

export type Bound<B extends PolicyBinding> = BoundInput<B> | BoundProblem<B>

export interface PolicyRequest {
  readonly access: ServerAccess
  readonly request: AdmissionRequest
  readonly authorizer: object
}

export function compilePolicyConditions(
  conditions: readonly MatchCondition[] | undefined,
): Conditions | undefined {
  return conditions?.length ? compileConditions(conditions) : undefined
}

/** All that the policy has to look at: nothing where it does not hold or its conditions are not met. */
export async function boundTo<B extends PolicyBinding>(
  { access, request, authorizer }: PolicyRequest,
  policy: Policy,
  bindings: readonly B[],
  conditions: Conditions | undefined,
): Promise<readonly Bound<B>[]> {
  const namespace = await namespaceOf(access, request)
  const invocation = await invocationOfPolicy(policy, request, namespace)
  if (!invocation) return []
  const source = paramSourceOf(access, policy)
  if (typeof source === 'string') {
    return [{ binding: undefined, problem: `failed to configure policy: ${source}`, isConfiguration: true }]
  }
  const found: Bound<B>[] = []
  for (const binding of bindings) {
    if (!(await holdsForBinding(binding, request, namespace))) continue
    const each = { access, request, authorizer, invocation, namespace, binding, source, conditions }
    found.push(...(await boundInputs(each)))
  }
  return found
}

interface Each<B extends PolicyBinding> extends PolicyRequest {
  readonly invocation: Invocation
  readonly namespace: KubeObject | undefined
  readonly binding: B
  readonly source: ParamSource | undefined
  readonly conditions: Conditions | undefined
}

async function boundInputs<B extends PolicyBinding>(each: Each<B>): Promise<Bound<B>[]> {
  const { access, request, invocation, namespace, binding, source, authorizer } = each
  const review = reviewOf(request, invocation, ['v1'], '')
  const found: Bound<B>[] = []
  try {
    for (const params of await paramsOf(access, source, binding, request)) {
      const outcome = (await each.conditions?.(review, authorizer, params)) ?? 'met'
      if (outcome === 'unmet') continue
      if (outcome !== 'met') {
        found.push({ binding, problem: outcome.problem, isConfiguration: false })
        continue
      }
      const input = (): PolicyInput => ({
        object: shownAs(request.object, invocation),
        oldObject: shownAs(request.oldObject, invocation),
        request: review['request'] as JsonObject,
        namespaceObject: (namespace as JsonObject | undefined) ?? null,
        params,
        authorizer,
      })
      found.push({ binding, invocation, input })
    }
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error
    const problem = `failed to configure binding: ${error.message}`
    found.push({ binding, problem, isConfiguration: true })
  }
  return found
}
