// MutatingAdmissionPolicy: changes in CEL that are objects of the API, made where bindings say.
//
// A mutation is a configuration that is merged into the object by the rules of server-side apply, or a list of patches. Each
// sees what those before it made. Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go
// Left out: the function jsonpatch.escapeKey, optional fields of messages; a policy is asked once, whatever its
// reinvocationPolicy

import { messagesAsMaps } from '#api/cel/messages.ts'
import type { CelValue } from '#api/cel/values.ts'
import type { JsonObject, KubeObject } from '#api/meta/object.ts'
import { failure } from '#api/meta/status.ts'
import { mergeObjects } from '#api/patch/apply/merge.ts'
import { DEDUCED, mergeTypeOf } from '#api/patch/apply/merge-type.ts'
import { applyJsonPatch, type JsonPatchOperation } from '#api/patch/json-patch.ts'
import { mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } from '#api/resources.ts'
import { kindSchema } from '#api/schema/schema.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import {
  compileExpression,
  compileVariables,
  type PolicyInput,
  type Values,
} from '#apiserver/admission/policies/compile.ts'
import { invocationOfPolicy, namespaceOf, paramsOf } from '#apiserver/admission/policies/match.ts'
import { refuse } from '#apiserver/admission/refuse.ts'
import { requestAuthorizer } from '#apiserver/admission/request-authorizer.ts'
import { replaceObject } from '#apiserver/admission/webhooks/apply.ts'
import { type Conditions, compileConditions } from '#apiserver/admission/webhooks/conditions.ts'
import type { Invocation } from '#apiserver/admission/webhooks/match.ts'
import { isExempt } from '#apiserver/admission/webhooks/plugin.ts'
import { reviewOf, shownAs } from '#apiserver/admission/webhooks/review.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'

/** Makes of the object what it is to be; both in the version of the invocation. */
type Mutate = (object: JsonObject, values: Values, invocation: Invocation) => JsonObject

interface CompiledPolicy {
  readonly conditions: Conditions | undefined
  readonly mutations: readonly Mutate[]
  valuesOf(input: PolicyInput): Values
}

/** To be made before the informers start. */
export function mutatingAdmissionPolicy(access: ServerAccess, authorization: Authorization): AdmissionPlugin {
  const policies = access.informers.informer(mutatingAdmissionPolicies)
  const bindings = access.informers.informer(mutatingAdmissionPolicyBindings)
  const compiled = new WeakMap<MutatingAdmissionPolicy, CompiledPolicy>()
  return {
    name: 'MutatingAdmissionPolicy',
    handles: (request) => bindings.list().length > 0 && request.object !== undefined && !isExempt(request),
    async mutate(request, round) {
      if (round.isSecond) return
      for (const binding of bindings.list()) {
        const policy = policies.get(binding.spec?.policyName ?? '')
        if (!policy) continue
        const known = compiled.get(policy) ?? compilePolicy(policy)
        compiled.set(policy, known)
        await applyBinding(access, policy, known, binding, request, requestAuthorizer(authorization, request))
      }
    },
  }
}

function compilePolicy({ spec }: MutatingAdmissionPolicy): CompiledPolicy {
  return {
    conditions: spec?.matchConditions?.length ? compileConditions(spec.matchConditions) : undefined,
    mutations: (spec?.mutations ?? []).map(compileMutation),
    valuesOf: compileVariables(spec?.variables ?? []),
  }
}

function compileMutation({ applyConfiguration, jsonPatch }: Mutation): Mutate {
  if (applyConfiguration) {
    const configuration = compileExpression(messagesAsMaps(applyConfiguration.expression ?? '', ['Object']))
    return (object, values, { kind, version }) => {
      const schema = kindSchema(kind.group, version, kind.kind)
      const type = kind.custom?.mergeType ?? (schema ? mergeTypeOf(schema) : DEDUCED)
      return mergeObjects(type, object, jsonOf(configuration(values)) as JsonObject)
    }
  }
  const patch = compileExpression(messagesAsMaps(jsonPatch?.expression ?? '', ['JSONPatch', 'Object']))
  return (object, values) => applyJsonPatch(object, jsonOf(patch(values)) as JsonPatchOperation[])
}

/** What an expression has made, as JSON. */
function jsonOf(value: CelValue): unknown {
  if (typeof value === 'bigint') return Number(value)
  if (Array.isArray(value)) return value.map(jsonOf)
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  const entries =
    value instanceof Map
      ? [...value]
      : typeof value === 'object' && value !== null
        ? Object.entries(value)
        : undefined
  return entries
    ? Object.fromEntries(entries.map(([key, field]) => [String(key), jsonOf(field as CelValue)]))
    : value
}

const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''

async function applyBinding(
  access: ServerAccess,
  policy: MutatingAdmissionPolicy,
  compiled: CompiledPolicy,
  binding: MutatingAdmissionPolicyBinding,
  request: AdmissionRequest,
  authorizer: object,
): Promise<void> {
  const namespace = await namespaceOf(access, request)
  const invocation = await invocationOfPolicy(policy, binding, request, namespace)
  if (!invocation) return
  const review = reviewOf(request, invocation, ['v1'], '')
  const outcome = (await compiled.conditions?.(review, authorizer)) ?? 'met'
  if (outcome === 'unmet') return
  if (outcome !== 'met') return failed(policy, binding, request, outcome.problem)
  const params = await paramsOf(access, policy, binding, request)
  if (typeof params === 'string') return failed(policy, binding, request, params)
  for (const param of params) {
    for (const mutate of compiled.mutations) {
      try {
        const object = shownAs(request.object, invocation)!
        const values = compiled.valuesOf({
          object,
          oldObject: shownAs(request.oldObject, invocation),
          request: review['request'] as JsonObject,
          namespaceObject: (namespace as JsonObject | undefined) ?? null,
          params: param,
        })
        replaceObject(request, invocation, mutate(object, values, invocation))
      } catch (error) {
        failed(policy, binding, request, (error as Error).message)
      }
    }
  }
}

/** A mutation that fails is judged by the policy's failure policy. */
function failed(
  policy: MutatingAdmissionPolicy,
  binding: MutatingAdmissionPolicyBinding,
  request: AdmissionRequest,
  why: string,
): void {
  if (policy.spec?.failurePolicy === 'Ignore') return
  const said = `policy '${nameOf(policy)}' with binding '${nameOf(binding)}' denied request: ${why}`
  const { status } = refuse(request, said)
  throw failure(422, 'Invalid', status.message ?? said, { ...status.details, causes: [{ message: said }] })
}
