// PodSecurity: refuses pods that a namespace's level forbids, and warns about templates that would make such pods.
//
// Upstream: staging/src/k8s.io/pod-security-admission/admission/admission.go, plugin/pkg/admission/security/podsecurity

import { semanticEqual } from '#api/meta/equality.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { internalError, invalid } from '#api/meta/status.ts'
import { namespaces, pods } from '#api/resources.ts'
import type { Container, Namespace, Pod, PodTemplateSpec } from '#api/types/core.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import type { AdmissionPlugin, AdmissionRequest } from '#apiserver/admission/plugin.ts'
import type { CheckedPod } from '#apiserver/admission/pod-security/check.ts'
import { describe, violations } from '#apiserver/admission/pod-security/evaluate.ts'
import { namespaceWarnings } from '#apiserver/admission/pod-security/namespace-warnings.ts'
import {
  compareLevels,
  formatLevel,
  isFullyPrivileged,
  type Policy,
  policyOf,
} from '#apiserver/admission/pod-security/policy.ts'
import { isFor, objectOf, oldObjectOf, refuse } from '#apiserver/admission/refuse.ts'
import { unlessNotFound } from '#apiserver/bootstrap/ensure.ts'

/** `resource.group` → where its pod template is. */
const TEMPLATES: Readonly<Record<string, readonly string[]>> = {
  podtemplates: ['template'],
  replicationcontrollers: ['spec', 'template'],
  'replicasets.apps': ['spec', 'template'],
  'deployments.apps': ['spec', 'template'],
  'daemonsets.apps': ['spec', 'template'],
  'statefulsets.apps': ['spec', 'template'],
  'jobs.batch': ['spec', 'template'],
  'cronjobs.batch': ['spec', 'jobTemplate', 'spec', 'template'],
}

const idOf = ({ kind }: AdmissionRequest): string =>
  kind.group ? `${kind.resource}.${kind.group}` : kind.resource
const WRITES = ['CREATE', 'UPDATE'] as const
/** Other subresources of pods change nothing that a check looks at. */
const POD_SUBRESOURCES = ['', 'ephemeralcontainers', 'resize']

export function podSecurity(access: ServerAccess): AdmissionPlugin {
  const namespaceInformer = access.informers.informer(namespaces)
  const podInformer = access.informers.informer(pods)

  async function policyFor(request: AdmissionRequest): Promise<Policy> {
    const { namespace } = request
    const found =
      namespaceInformer.get(namespace) ??
      (await unlessNotFound(access.client.resource(namespaces).get('', namespace)))
    if (!found) throw internalError(new Error(`failed to lookup namespace ${JSON.stringify(namespace)}`))
    return policyOf(found.metadata?.labels)
  }

  async function validatePod(request: AdmissionRequest): Promise<void> {
    const policy = await policyFor(request)
    if (policy.errors.length === 0 && isFullyPrivileged(policy)) return
    const pod = objectOf<Pod>(request)
    if (!pod.spec || (request.operation === 'UPDATE' && !isSignificant(pod, oldObjectOf<Pod>(request))))
      return
    const checked = { annotations: pod.metadata?.annotations ?? {}, spec: pod.spec }
    const enforced = formatLevel(policy.enforce)
    request.annotate('pod-security.kubernetes.io/enforce-policy', enforced)
    const found = violations(checked, policy.enforce)
    auditAndWarn(request, policy, checked, found.length === 0)
    if (found.length > 0)
      throw refuse(request, `violates PodSecurity ${JSON.stringify(enforced)}: ${describe(found)}`)
  }

  async function validateTemplate(request: AdmissionRequest): Promise<void> {
    const policy = await policyFor(request)
    if (
      policy.errors.length === 0 &&
      policy.warn.level === 'privileged' &&
      policy.audit.level === 'privileged'
    )
      return
    const template = templateOf(request)
    if (!template?.spec) return
    auditAndWarn(
      request,
      policy,
      { annotations: template.metadata?.annotations ?? {}, spec: template.spec },
      true,
    )
  }

  function validateNamespace(request: AdmissionRequest): void {
    const now = objectOf<Namespace>(request)
    const policy = policyOf(now.metadata?.labels)
    const old =
      request.operation === 'UPDATE' ? policyOf(oldObjectOf<Namespace>(request).metadata?.labels) : undefined
    if (policy.errors.length > 0 && !semanticEqual(policy.errors, old?.errors)) {
      throw invalid('', 'Namespace', request.name, policy.errors)
    }
    if (!old || semanticEqual(policy.enforce, old.enforce) || policy.enforce.level === 'privileged') return
    const isRelaxed =
      policy.enforce.version === old.enforce.version &&
      compareLevels(policy.enforce.level, old.enforce.level) < 1
    if (isRelaxed) return
    const name = now.metadata?.name ?? ''
    for (const text of namespaceWarnings(name, podInformer.list(name), policy.enforce)) request.warn(text)
  }

  return {
    name: 'PodSecurity',
    handles: (request) =>
      isFor(request, '', 'namespaces', WRITES) ||
      isFor(request, '', 'pods', WRITES, POD_SUBRESOURCES) ||
      (TEMPLATES[idOf(request)] !== undefined && request.subresource === '' && request.object !== undefined),
    async validate(request) {
      if (idOf(request) === 'namespaces') validateNamespace(request)
      else if (idOf(request) === 'pods') await validatePod(request)
      else await validateTemplate(request)
    },
  }
}

function auditAndWarn(request: AdmissionRequest, policy: Policy, pod: CheckedPod, mayWarn: boolean): void {
  const text = (level: Policy['audit']): string | undefined => {
    const found = violations(pod, level)
    if (found.length === 0) return undefined
    return `would violate PodSecurity ${JSON.stringify(formatLevel(level))}: ${describe(found)}`
  }
  const audited = text(policy.audit)
  if (audited) request.annotate('pod-security.kubernetes.io/audit-violations', audited)
  const warning = mayWarn ? text(policy.warn) : undefined
  if (warning) request.warn(warning)
}

function templateOf(request: AdmissionRequest): PodTemplateSpec | undefined {
  let value: unknown = request.object
  for (const field of TEMPLATES[idOf(request)] ?? [])
    value = (value as Record<string, unknown> | undefined)?.[field]
  return value as (PodTemplateSpec & { readonly metadata?: ObjectMeta }) | undefined
}

/** Whether an update adds containers or changes an image: nothing else of a pod's security can change. */
function isSignificant(pod: Pod, old: Pod): boolean {
  const [now, before] = [pod.spec, old.spec]
  const ephemeral = (now?.ephemeralContainers ?? []) as readonly Container[]
  const ephemeralBefore = new Map((before?.ephemeralContainers ?? []).map(({ name, image }) => [name, image]))
  const differ = (a: readonly Container[] = [], b: readonly Container[] = []) =>
    a.length !== b.length || a.some((container, index) => container.image !== b[index]?.image)
  return (
    differ(now?.containers, before?.containers) ||
    differ(now?.initContainers, before?.initContainers) ||
    ephemeral.some(({ name, image }) => !ephemeralBefore.has(name) || ephemeralBefore.get(name) !== image)
  )
}
