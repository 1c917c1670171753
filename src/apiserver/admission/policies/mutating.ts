// MutatingAdmissionPolicy: changes in CEL that are objects of the API, made where bindings say.
//
// A mutation is a configuration that is merged into the object by the rules of server-side apply, or a list of patches. Each
// sees what those before it made. Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/mutating/dispatcher.go
// Left out: that configurations may not change atomic parts; which policies a second round leaves out

import type { CelValue } from '#api/cel/values.ts'
import type { JsonObject, KubeObject } from '#api/meta/object.ts'
import { failure, type StatusError } from '#api/meta/status.ts'
import { mergeObjects } from '#api/patch/apply/merge.ts'
import { DEDUCED, mergeTypeOf } from '#api/patch/apply/merge-type.ts'
import {
  applyJsonPatch,
  JsonPatchError,
  type JsonPatchOperation,
  JsonPatchTestError,
} from '#api/patch/json-patch.ts'
import { mutatingAdmissionPolicies, mutatingAdmissionPolicyBindings } from '#api/resources.ts'
import { kindSchema } from '#api/schema/schema.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicyBinding,
  Mutation,
} from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest, MutationRound } from '#apiserver/admission/plugin.ts'
import {
  type BoundInput,
  boundTo,
  compilePolicyConditions,
  type PolicyRequest,
} from '#apiserver/admission/policies/bound.ts'
import {
  compileExpression,
  compileVariables,
  type PolicyInput,
  type Values,
} from '#apiserver/admission/policies/expressions.ts'
import { refuse } from '#apiserver/admission/refuse.ts'
import { requestAuthorizer } from '#apiserver/admission/request-authorizer.ts'
import { replaceObject } from '#apiserver/admission/webhooks/apply.ts'
import type { Conditions } from '#apiserver/admission/webhooks/conditions.ts'
import type { Invocation } from '#apiserver/admission/webhooks/match.ts'
import { isExempt } from '#apiserver/admission/webhooks/plugin.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'

/** Makes of the object what it is to be; both in the version of the invocation. */
type Mutate = (object: JsonObject, values: Values, invocation: Invocation) => Promise<JsonObject>

interface Problem {
  readonly message: string
  readonly reason: string
}

interface CompiledPolicy {
  readonly conditions: Conditions | undefined
  readonly mutations: readonly Mutate[]
  valuesOf(input: PolicyInput): Promise<Values>
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
      const asked = { access, request, authorizer: requestAuthorizer(authorization, request) }
      const problems: Problem[] = []
      for (const policy of policies.list()) {
        const own = bindings.list().filter(({ spec }) => spec?.policyName === nameOf(policy))
        if (own.length === 0 || (round.isSecond && policy.spec?.reinvocationPolicy !== 'IfNeeded')) continue
        const known = compiled.get(policy) ?? compilePolicy(policy)
        compiled.set(policy, known)
        const bound = await boundTo(asked, policy, own, known.conditions)
        for (const one of bound) {
          const by = one.binding
            ? `'${nameOf(policy)}' with binding '${nameOf(one.binding)}'`
            : `"${nameOf(policy)}"`
          const reason = 'problem' in one && one.isConfiguration ? 'Forbidden' : 'Invalid'
          const found = 'problem' in one ? [one.problem] : await applyMutations(asked, known, one, round)
          if (policy.spec?.failurePolicy === 'Ignore') continue
          for (const why of found) problems.push({ message: `policy ${by} denied request: ${why}`, reason })
        }
      }
      if (problems.length > 0) throw refusal(request, problems)
    },
  }
}

const nameOf = ({ metadata }: KubeObject): string => metadata?.name ?? ''

function compilePolicy({ spec }: MutatingAdmissionPolicy): CompiledPolicy {
  return {
    conditions: compilePolicyConditions(spec?.matchConditions),
    mutations: (spec?.mutations ?? []).map(compileMutation),
    valuesOf: compileVariables(spec?.variables ?? []),
  }
}

function compileMutation({ applyConfiguration, jsonPatch }: Mutation): Mutate {
  if (applyConfiguration) {
    const configuration = compileExpression((applyConfiguration.expression ?? '').trim())
    return async (object, values, { kind, version }) => {
      const schema = kindSchema(kind.group, version, kind.kind)
      const type = kind.custom?.mergeType ?? (schema ? mergeTypeOf(schema) : DEDUCED)
      return mergeObjects(type, object, jsonOf(await configuration(values)) as JsonObject)
    }
  }
  const patch = compileExpression((jsonPatch?.expression ?? '').trim())
  return async (object, values) => patched(object, jsonOf(await patch(values)) as JsonPatchOperation[])
}

/** An operation that tests decides whether the object is changed at all. */
function patched(object: JsonObject, operations: readonly JsonPatchOperation[]): JsonObject {
  try {
    return applyJsonPatch(object, operations)
  } catch (error) {
    if (error instanceof JsonPatchTestError) return object
    if (error instanceof JsonPatchError) throw new JsonPatchError(`JSON Patch: ${error.message}`)
    throw error
  }
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

/** Changes the request's object; gives what went wrong, one text a mutation. */
async function applyMutations(
  { request }: PolicyRequest,
  { mutations, valuesOf }: CompiledPolicy,
  { invocation, input }: BoundInput<MutatingAdmissionPolicyBinding>,
  round: MutationRound,
): Promise<string[]> {
  const problems: string[] = []
  for (const mutate of mutations) {
    try {
      const given = input()
      const next = await mutate(given.object!, await valuesOf(given), invocation)
      if (replaceObject(request, invocation, next)) round.askForSecond()
    } catch (error) {
      problems.push((error as Error).message)
    }
  }
  return problems
}

/** The code is that of Forbidden, whatever the reason. */
function refusal(request: AdmissionRequest, problems: readonly Problem[]): StatusError {
  const { status } = refuse(request, '')
  const { message, reason } = problems[0]!
  return failure(403, reason, message, {
    ...status.details,
    causes: problems.map((one) => ({ message: one.message })),
  })
}
