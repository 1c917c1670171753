// Where a policy holds: what validating and mutating policies have in common.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/matching/matching.go

import type { KubeObject } from '#api/meta/object.ts'
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

/** A policy or binding that says what cannot be. */
export class ConfigurationError extends Error {}

/** How a policy sees the request; undefined where it does not hold. */
export async function invocationOfPolicy(
  { spec }: Policy,
  request: AdmissionRequest,
  namespace: KubeObject | undefined,
): Promise<Invocation | undefined> {
  const invocation = concerned(spec?.matchConstraints, request)
  const holds = invocation && (await holdsHere(spec?.matchConstraints, request, namespace))
  return holds ? invocation : undefined
}

/** Whether a binding is for the request. */
export async function holdsForBinding(
  { spec }: PolicyBinding,
  request: AdmissionRequest,
  namespace: KubeObject | undefined,
): Promise<boolean> {
  const match = spec?.matchResources
  if (match?.resourceRules?.length && !concerned(match, request)) return false
  if (isExcluded(match, request)) return false
  return holdsHere(match, request, namespace)
}

/** How the policy sees the request, where its rules are for it. */
function concerned(match: MatchResources | undefined, request: AdmissionRequest): Invocation | undefined {
  if (isExcluded(match, request)) return undefined
  return invocationOf({ rules: named(match?.resourceRules, request), ...policyOf(match) }, request)
}

const isExcluded = (match: MatchResources | undefined, request: AdmissionRequest): boolean =>
  invocationOf({ rules: named(match?.excludeResourceRules, request), ...policyOf(match) }, request) !==
  undefined

const policyOf = (match: MatchResources | undefined) => ({ matchPolicy: match?.matchPolicy ?? 'Equivalent' })

const named = (rules: readonly NamedRuleWithOperations[] | undefined, { name }: AdmissionRequest) =>
  (rules ?? []).filter(({ resourceNames = [] }) => resourceNames.length === 0 || resourceNames.includes(name))

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
