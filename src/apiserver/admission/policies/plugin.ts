// ValidatingAdmissionPolicy: rules in CEL that are objects of the API, brought to bear by bindings.
//
// A policy says what is right, a binding where it holds, with which parameters, and what follows: refuse, warn, or note
// for the audit. A policy without a binding does nothing.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go
// Left out: type checking in the status of a policy

import type { JsonObject, KubeObject } from '#api/meta/object.ts'
import { failure, type StatusError } from '#api/meta/status.ts'
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from '#api/resources.ts'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import {
  type CompiledPolicy,
  compilePolicy,
  type Failure,
  type PolicyInput,
} from '#apiserver/admission/policies/compile.ts'
import { invocationOfPolicy, namespaceOf, paramsOf } from '#apiserver/admission/policies/match.ts'
import { refuse } from '#apiserver/admission/refuse.ts'
import { requestAuthorizer } from '#apiserver/admission/request-authorizer.ts'
import { isExempt } from '#apiserver/admission/webhooks/plugin.ts'
import { reviewOf, shownAs } from '#apiserver/admission/webhooks/review.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'

/** To be made before the informers start. */
export function validatingAdmissionPolicy(
  access: ServerAccess,
  authorization: Authorization,
): AdmissionPlugin {
  const policies = access.informers.informer(validatingAdmissionPolicies)
  const bindings = access.informers.informer(validatingAdmissionPolicyBindings)
  const compiled = new WeakMap<ValidatingAdmissionPolicy, CompiledPolicy>()
  const compiledOf = (policy: ValidatingAdmissionPolicy): CompiledPolicy => {
    const known = compiled.get(policy) ?? compilePolicy(policy)
    compiled.set(policy, known)
    return known
  }
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (request) => bindings.list().length > 0 && !isExempt(request),
    async validate(request) {
      for (const binding of bindings.list()) {
        const policy = policies.get(binding.spec?.policyName ?? '')
        const authorizer = requestAuthorizer(authorization, request)
        if (policy) await applyBinding(access, policy, compiledOf(policy), binding, request, authorizer)
      }
    },
  }
}

const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''

async function applyBinding(
  access: ServerAccess,
  policy: ValidatingAdmissionPolicy,
  compiled: CompiledPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  request: AdmissionRequest,
  authorizer: object,
): Promise<void> {
  const namespace = await namespaceOf(access, request)
  const invocation = await invocationOfPolicy(policy, binding, request, namespace)
  if (!invocation) return
  const review = reviewOf(request, invocation, ['v1'], '')
  const fails = (message: string): Failure => ({ message, reason: 'Invalid', isError: true, index: 0 })
  const outcome = (await compiled.conditions?.(review, authorizer)) ?? 'met'
  if (outcome === 'unmet') return
  if (outcome !== 'met') return follow(policy, binding, request, [fails(outcome.problem)])
  const params = await paramsOf(access, policy, binding, request)
  if (typeof params === 'string') return follow(policy, binding, request, [fails(params)])
  for (const param of params) {
    const input: PolicyInput = {
      object: shownAs(request.object, invocation),
      oldObject: shownAs(request.oldObject, invocation),
      request: review['request'] as JsonObject,
      namespaceObject: (namespace as JsonObject | undefined) ?? null,
      params: param,
    }
    for (const [key, value] of Object.entries(compiled.annotations(input))) {
      request.annotate(`${nameOf(policy)}/${key}`, value)
    }
    follow(policy, binding, request, compiled.judge(input))
  }
}

/** Does what the binding says about failures. Throws the refusal. */
function follow(
  policy: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  request: AdmissionRequest,
  failures: readonly Failure[],
): void {
  const actions = binding.spec?.validationActions ?? []
  const counted = failures.filter(({ isError }) => !isError || policy.spec?.failurePolicy !== 'Ignore')
  for (const { message, index } of counted) {
    if (actions.includes('Warn')) {
      request.warn(
        `Validation failed for ValidatingAdmissionPolicy '${nameOf(policy)}' with binding '${nameOf(binding)}': ${message}`,
      )
    }
    if (actions.includes('Audit')) {
      const value = {
        message,
        policy: nameOf(policy),
        binding: nameOf(binding),
        expressionIndex: index,
        validationActions: actions,
      }
      request.annotate('validation.policy.admission.k8s.io/validation_failure', JSON.stringify([value]))
    }
  }
  const [first] = counted
  if (first && actions.includes('Deny')) throw refusal(policy, binding, request, first)
}

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Invalid: 422,
  RequestEntityTooLarge: 413,
  Unauthorized: 401,
}

function refusal(
  policy: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  request: AdmissionRequest,
  { message, reason }: Failure,
): StatusError {
  const said = `ValidatingAdmissionPolicy '${nameOf(policy)}' with binding '${nameOf(binding)}' denied request: ${message}`
  const { status } = refuse(request, said)
  return failure(CODES[reason] ?? 422, reason, status.message ?? said, {
    ...status.details,
    causes: [{ message: said }],
  })
}
