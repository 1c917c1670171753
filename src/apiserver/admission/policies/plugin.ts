// ValidatingAdmissionPolicy: rules in CEL that are objects of the API, brought to bear by bindings.
//
// A policy says what is right, a binding where it holds, with which parameters, and what follows: refuse, warn, or note
// for the audit. A policy without a binding does nothing. All policies are asked, and the first refusal is told.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/validating/dispatcher.go

import type { KubeObject } from '#api/meta/object.ts'
import { failure, type StatusError } from '#api/meta/status.ts'
import { validatingAdmissionPolicies, validatingAdmissionPolicyBindings } from '#api/resources.ts'
import type {
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicyBinding,
} from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { boundTo, compilePolicyConditions, type PolicyRequest } from '#apiserver/admission/policies/bound.ts'
import { type CompiledPolicy, compilePolicy, type Failure } from '#apiserver/admission/policies/compile.ts'
import { refuse } from '#apiserver/admission/refuse.ts'
import { requestAuthorizer } from '#apiserver/admission/request-authorizer.ts'
import type { Conditions } from '#apiserver/admission/webhooks/conditions.ts'
import { isExempt } from '#apiserver/admission/webhooks/plugin.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'

const MAX_ANNOTATION_BYTES = 10 * 1024

interface Compiled {
  readonly conditions: Conditions | undefined
  readonly policy: CompiledPolicy
}

/** Why a request is refused; `binding` is absent where the policy itself is to blame. */
interface Denial {
  readonly binding: KubeObject | undefined
  readonly message: string
  readonly reason: string
}

/** To be made before the informers start. */
export function validatingAdmissionPolicy(
  access: ServerAccess,
  authorization: Authorization,
): AdmissionPlugin {
  const policies = access.informers.informer(validatingAdmissionPolicies)
  const bindings = access.informers.informer(validatingAdmissionPolicyBindings)
  const compiled = new WeakMap<ValidatingAdmissionPolicy, Compiled>()
  const compiledOf = (policy: ValidatingAdmissionPolicy): Compiled => {
    const known = compiled.get(policy) ?? {
      conditions: compilePolicyConditions(policy.spec?.matchConditions),
      policy: compilePolicy(policy),
    }
    compiled.set(policy, known)
    return known
  }
  return {
    name: 'ValidatingAdmissionPolicy',
    handles: (request) => bindings.list().length > 0 && !isExempt(request),
    async validate(request) {
      const authorizer = requestAuthorizer(authorization, request)
      const denials: StatusError[] = []
      for (const policy of policies.list()) {
        const own = bindings.list().filter(({ spec }) => spec?.policyName === nameOf(policy))
        if (own.length === 0) continue
        const asked = { access, request, authorizer }
        for (const denial of await applyPolicy(asked, policy, own, compiledOf(policy))) {
          denials.push(refusal(policy, denial, request))
        }
      }
      if (denials[0]) throw denials[0]
    },
  }
}

const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''

async function applyPolicy(
  asked: PolicyRequest,
  policy: ValidatingAdmissionPolicy,
  bindings: readonly ValidatingAdmissionPolicyBinding[],
  compiled: Compiled,
): Promise<Denial[]> {
  const ignoresErrors = policy.spec?.failurePolicy === 'Ignore'
  const denials: Denial[] = []
  const annotations = new Map<string, Set<string>>()
  for (const bound of await boundTo(asked, policy, bindings, compiled.conditions)) {
    const { binding } = bound
    if ('problem' in bound) {
      if (ignoresErrors) continue
      const failed: Failure = { message: bound.problem, reason: 'Invalid', isError: true, index: 0 }
      denials.push(
        ...(bound.isConfiguration ? [denialBy(binding, failed)] : follow(policy, binding!, asked, failed)),
      )
      continue
    }
    const judgement = await compiled.policy.judge(bound.input())
    for (const failed of judgement.failures) {
      if (!failed.isError || !ignoresErrors) denials.push(...follow(policy, binding!, asked, failed))
    }
    for (const { key, value, error } of judgement.annotations) {
      if (value !== undefined) annotations.set(key, (annotations.get(key) ?? new Set()).add(value))
      else if (!ignoresErrors) denials.push({ binding, message: error, reason: 'Invalid' })
    }
  }
  for (const [key, values] of annotations) asked.request.annotate(`${nameOf(policy)}/${key}`, joined(values))
  return denials
}

/** What several bindings and parameters say under one key. */
const joined = (values: ReadonlySet<string>): string =>
  [...values].map((value) => value.slice(0, MAX_ANNOTATION_BYTES)).join(', ')

const denialBy = (binding: KubeObject | undefined, { message, reason }: Failure): Denial => ({
  binding,
  message,
  reason,
})

/** Does what the binding says about a failure; gives the denial, if that is what it says. */
function follow(
  policy: ValidatingAdmissionPolicy,
  binding: ValidatingAdmissionPolicyBinding,
  { request }: PolicyRequest,
  failed: Failure,
): Denial[] {
  const actions = binding.spec?.validationActions ?? []
  const { message, index } = failed
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
  return actions.includes('Deny') ? [denialBy(binding, failed)] : []
}

const CODES: Readonly<Record<string, number>> = {
  Forbidden: 403,
  Invalid: 422,
  RequestEntityTooLarge: 413,
  Unauthorized: 401,
}

function refusal(
  policy: ValidatingAdmissionPolicy,
  { binding, message, reason }: Denial,
  request: AdmissionRequest,
): StatusError {
  const by = binding ? ` with binding '${nameOf(binding)}'` : ''
  const said = `ValidatingAdmissionPolicy '${nameOf(policy)}'${by} denied request: ${message}`
  const { status } = refuse(request, said)
  return failure(CODES[reason] ?? 422, reason, status.message ?? said, {
    ...status.details,
    causes: [{ message: said }],
  })
}
