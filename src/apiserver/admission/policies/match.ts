// Where a policy holds, and with which parameters: what validating and mutating policies have in common.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/{matching/matching.go,generic/policy_dispatcher.go}
// Left out: parameters of custom kinds

import { allKinds } from '#api/kinds/all.ts'
import { type JsonObject, type KubeObject, parseApiVersion } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { namespaces } from '#api/resources.ts'
import type {
  MatchResources,
  NamedRuleWithOperations,
  ParamKind,
  ParamRef,
} from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import {
  type Invocation,
  invocationOf,
  matchesNamespace,
  matchesObject,
} from '#apiserver/admission/webhooks/match.ts'

/** What all policies have. */
export interface Policy extends KubeObject {
  readonly spec?: {
    readonly matchConstraints?: MatchResources
    readonly paramKind?: ParamKind
    readonly failurePolicy?: string
  }
}

/** What all bindings have. */
export interface PolicyBinding extends KubeObject {
  readonly spec?: { readonly matchResources?: MatchResources; readonly paramRef?: ParamRef }
}

/** How a bound policy sees the request; undefined where it does not hold. */
export async function invocationOfPolicy(
  policy: Policy,
  binding: PolicyBinding,
  request: AdmissionRequest,
  namespace: KubeObject | undefined,
): Promise<Invocation | undefined> {
  const { matchConstraints } = policy.spec ?? {}
  const { matchResources } = binding.spec ?? {}
  const invocation = concerned(matchConstraints, request)
  if (!invocation || !(await holdsHere(matchConstraints, request, namespace))) return undefined
  if (matchResources?.resourceRules?.length && !concerned(matchResources, request)) return undefined
  return (await holdsHere(matchResources, request, namespace)) ? invocation : undefined
}

/** How the policy sees the request, where its rules are for it. */
function concerned(match: MatchResources | undefined, request: AdmissionRequest): Invocation | undefined {
  const named = (rules: readonly NamedRuleWithOperations[] | undefined) =>
    (rules ?? []).filter(
      ({ resourceNames = [] }) => resourceNames.length === 0 || resourceNames.includes(request.name),
    )
  const matchPolicy = match?.matchPolicy ?? 'Equivalent'
  if (invocationOf({ rules: named(match?.excludeResourceRules), matchPolicy }, request)) return undefined
  return invocationOf({ rules: named(match?.resourceRules), matchPolicy }, request)
}

async function holdsHere(
  match: MatchResources | undefined,
  request: AdmissionRequest,
  namespace: KubeObject | undefined,
): Promise<boolean> {
  if (!matchesObject(match?.objectSelector, request)) return false
  return matchesNamespace(match?.namespaceSelector, request, async () => namespace?.metadata?.labels ?? {})
}

export async function namespaceOf(
  { client, informers }: ServerAccess,
  request: AdmissionRequest,
): Promise<KubeObject | undefined> {
  const { namespace, kind } = request
  if (namespace === '' || !kind.namespaced) return undefined
  return (
    informers.informer(namespaces).get(namespace) ?? (await client.resource(namespaces).get('', namespace))
  )
}

/** The parameters: `[null]` for a policy without; a text says what is wrong. */
export async function paramsOf(
  { client }: ServerAccess,
  policy: Policy,
  binding: PolicyBinding,
  request: AdmissionRequest,
): Promise<readonly (JsonObject | null)[] | string> {
  const { paramKind } = policy.spec ?? {}
  const { paramRef } = binding.spec ?? {}
  if (!paramKind || !paramRef) return [null]
  const { group, version } = parseApiVersion(paramKind.apiVersion ?? '')
  const kind = allKinds.find(
    (one) => one.group === group && one.kind === paramKind.kind && one.versions.includes(version),
  )
  if (!kind) return `failed to configure policy: no kind ${JSON.stringify(paramKind.kind)} for parameters`
  const resource = client.resource({ ...kind, version })
  const namespace = kind.namespaced ? (paramRef.namespace ?? request.namespace) : ''
  let found: readonly KubeObject[]
  if (paramRef.name) {
    const one = await resource.get(namespace, paramRef.name).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
    found = one ? [one] : []
  } else {
    const { items } = await resource.list({ namespace })
    found = items.filter((item) =>
      matchesObject(paramRef.selector, { ...request, object: item as JsonObject }),
    )
  }
  if (found.length === 0 && paramRef.parameterNotFoundAction === 'Deny') {
    return 'failed to configure binding: no params found for policy binding with `Deny` parameterNotFoundAction'
  }
  return found as readonly JsonObject[]
}
