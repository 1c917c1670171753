// Which webhooks a request concerns: by operation, group, version, resource and scope, and in which version to show it.
//
// A rule for another version of the same objects counts as well where the webhook says `Equivalent`: it is then shown
// the object in that version. Pure.
// Upstream: staging/src/k8s.io/apiserver/pkg/admission/plugin/webhook/{generic/webhook.go,predicates/rules/rules.go}

import type { KindDefinition } from '#api/kinds/kind.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { matchesLabels, selectorOf } from '#api/meta/selectors.ts'
import type { RuleWithOperations } from '#api/types/admissionregistration.ts'
import type { LabelSelector } from '#api/types/meta.ts'
import type { AdmissionRequest } from '#apiserver/admission/plugin.ts'

/** What a webhook is told of: the object as this kind, in this version. */
export interface Invocation {
  readonly kind: KindDefinition
  readonly version: string
}

interface Matching {
  readonly rules?: readonly RuleWithOperations[]
  readonly matchPolicy?: string
}

/** How to call a webhook of these rules, or undefined where they do not concern the request. */
export function invocationOf(webhook: Matching, request: AdmissionRequest): Invocation | undefined {
  const { kind, version } = request
  const rules = webhook.rules ?? []
  const asked = { kind, version }
  if (rules.some((rule) => matchesRule(rule, request, asked))) return asked
  if (webhook.matchPolicy === 'Exact') return undefined
  const others = equivalents(kind).filter((other) => other.version !== version)
  for (const rule of rules) {
    const found = others.find((other) => matchesRule(rule, request, other))
    if (found) return found
  }
  return undefined
}

/** All versions under which the same objects are served. */
function equivalents(kind: KindDefinition): readonly Invocation[] {
  // what a webhook converts is not to be had here and now in another version
  const kinds = kind.custom && !kind.custom.conversion ? kind.custom.versions() : [kind]
  return kinds.flatMap((one) => one.versions.map((version) => ({ kind: one, version })))
}

function matchesRule(
  rule: RuleWithOperations,
  request: AdmissionRequest,
  { kind, version }: Invocation,
): boolean {
  const has = (list: readonly string[] | undefined, value: string): boolean =>
    list?.some((one) => one === '*' || one === value) ?? false
  return (
    has(rule.operations, request.operation) &&
    has(rule.apiGroups, kind.group) &&
    has(rule.apiVersions, version) &&
    (rule.resources ?? []).some((pattern) => matchesResource(pattern, kind.resource, request.subresource)) &&
    matchesScope(rule.scope, request)
  )
}

function matchesResource(pattern: string, resource: string, subresource: string): boolean {
  const [wanted = '', wantedSub = ''] = pattern.split('/', 2)
  return (wanted === '*' || wanted === resource) && (wantedSub === '*' || wantedSub === subresource)
}

export const isNamespace = ({ group, resource }: KindDefinition): boolean =>
  group === '' && resource === 'namespaces'

function matchesScope(scope: string | undefined, { kind, namespace }: AdmissionRequest): boolean {
  if (scope === undefined || scope === '*') return true
  // a namespace object has its own name as its namespace, and is of the cluster all the same
  const isNamespaced = namespace !== '' && !isNamespace(kind)
  return (scope === 'Namespaced') === isNamespaced
}

const labelsOf = (object: { metadata?: unknown } | undefined): Readonly<Record<string, string>> =>
  (object?.metadata as ObjectMeta | undefined)?.labels ?? {}

/** Whether the labels of the object, before or after, are those that the webhook wants. */
export function matchesObject(selector: LabelSelector | undefined, request: AdmissionRequest): boolean {
  const wanted = selectorOf(selector ?? {})
  if (wanted.requirements.length === 0) return true
  return [request.object, request.oldObject].some(
    (object) => object !== undefined && matchesLabels(wanted, labelsOf(object)),
  )
}

/** Whether the namespace of the request is one that the webhook wants; objects of the cluster always are. */
export async function matchesNamespace(
  selector: LabelSelector | undefined,
  request: AdmissionRequest,
  namespaceLabels: (name: string) => Promise<Readonly<Record<string, string>>>,
): Promise<boolean> {
  const { kind, namespace, operation, subresource } = request
  if (namespace === '' && !isNamespace(kind)) return true
  const wanted = selectorOf(selector ?? {})
  if (wanted.requirements.length === 0) return true
  // of a namespace that is just being written the object knows best
  const isOwn = isNamespace(kind) && subresource === '' && (operation === 'CREATE' || operation === 'UPDATE')
  return matchesLabels(wanted, isOwn ? labelsOf(request.object) : await namespaceLabels(namespace))
}
