// The parameter objects of a policy: of any kind that is served, by name or by labels.
//
// Upstream: CollectParams in staging/src/k8s.io/apiserver/pkg/admission/plugin/policy/generic/policy_dispatcher.go

import { allKinds } from '#api/kinds/all.ts'
import { type JsonObject, type KubeObject, parseApiVersion } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { customResourceDefinitions, type ResourceType } from '#api/resources.ts'
import type { ParamKind } from '#api/types/admissionregistration.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'
import { ConfigurationError, type Policy, type PolicyBinding } from '#apiserver/admission/policies/match.ts'
import { matchesObject } from '#apiserver/admission/webhooks/match.ts'

export type ParamSource = ResourceType<KubeObject>

/** Where parameters come from; undefined for a policy without, a text for a kind that is not served. */
export function paramSourceOf(access: ServerAccess, policy: Policy): ParamSource | string | undefined {
  const { paramKind } = policy.spec ?? {}
  if (!paramKind) return undefined
  const { group, version } = parseApiVersion(paramKind.apiVersion ?? '')
  const builtIn = allKinds.find(
    (one) => one.group === group && one.kind === paramKind.kind && one.versions.includes(version),
  )
  if (builtIn) return { ...builtIn, version }
  return customSource(access, paramKind, group, version)
}

function customSource(
  { informers }: ServerAccess,
  { apiVersion, kind = '' }: ParamKind,
  group: string,
  version: string,
): ParamSource | string {
  for (const { spec } of informers.informer(customResourceDefinitions).list()) {
    const isServed = spec.versions.some(({ name, served }) => served && name === version)
    if (spec.group !== group || spec.names.kind !== kind || !isServed) continue
    return { group, version, kind, resource: spec.names.plural, namespaced: spec.scope === 'Namespaced' }
  }
  return `failed to find resource referenced by paramKind: '${apiVersion}, Kind=${kind}'`
}

/** `[null]` for a policy without parameters. Throws ConfigurationError. */
export async function paramsOf(
  { client }: ServerAccess,
  source: ParamSource | undefined,
  { spec }: PolicyBinding,
  request: AdmissionRequest,
): Promise<readonly (JsonObject | null)[]> {
  const paramRef = spec?.paramRef
  if (!source || !paramRef) return [null]
  const { name, selector, parameterNotFoundAction } = paramRef
  if (paramRef.namespace && !source.namespaced) {
    throw new ConfigurationError('paramRef.namespace must not be provided for a cluster-scoped `paramKind`')
  }
  const namespace = source.namespaced ? paramRef.namespace || request.namespace : ''
  if (source.namespaced && namespace === '') {
    const text = 'cannot use namespaced paramRef in policy binding that matches cluster-scoped resources'
    throw new ConfigurationError(text)
  }
  const resource = client.resource(source)
  const found = name
    ? [await resource.get(namespace, name).catch(nothingIfNotFound)].filter((one) => one !== undefined)
    : (await resource.list({ namespace })).items.filter((item) =>
        matchesObject(selector, { ...request, object: item as JsonObject }),
      )
  if (found.length === 0 && parameterNotFoundAction === 'Deny') {
    const text = 'no params found for policy binding with `Deny` parameterNotFoundAction'
    throw new ConfigurationError(text)
  }
  return found as unknown as readonly JsonObject[]
}

function nothingIfNotFound(error: unknown): undefined {
  if (isNotFound(error)) return undefined
  throw error
}
