// The whole spec of a pod, field by field in upstream's order. The other files of this folder each know one subject.
//
// Upstream: ValidatePodSpec, ValidatePodTemplateSpec in pkg/apis/core/validation/validation.go

import { validateAffinity } from '#api/kinds/core/pod/affinity.ts'
import { profilesAgree, validatePodAnnotations } from '#api/kinds/core/pod/annotations.ts'
import {
  type PodSurroundings,
  validateContainers,
  validateEphemeralContainers,
  validateInitContainers,
} from '#api/kinds/core/pod/containers.ts'
import { allContainersOf } from '#api/kinds/core/pod/containers-of.ts'
import {
  dnsPolicy,
  validateDnsConfig,
  validateHostAliases,
  validateHostnameOverride,
} from '#api/kinds/core/pod/dns.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { validatePodClaims } from '#api/kinds/core/pod/pod-claims.ts'
import { podResources, validateOverhead } from '#api/kinds/core/pod/resources.ts'
import { validatePodSecurity } from '#api/kinds/core/pod/security.ts'
import { validateTolerations } from '#api/kinds/core/pod/tolerations.ts'
import { validateTopologySpread } from '#api/kinds/core/pod/topology-spread.ts'
import { validateVolumes } from '#api/kinds/core/pod/volumes.ts'
import { validateHostProcess, validateOS } from '#api/kinds/core/pod/windows.ts'
import {
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupportedInOrder,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { validateAnnotations, validateLabels } from '#api/meta/object-meta-validation.ts'
import { dnsLabel, each, type FieldErrors, inRange, MAX_INT32, qualifiedName } from '#api/meta/validation.ts'
import type { PodSpec, PodTemplateSpec, Volume } from '#api/types/core.ts'

/** `metadata` is the pod's; absent for templates. */
export function* validatePodSpec(
  spec: PodSpec,
  metadata: ObjectMeta | undefined,
  path: Path,
  rules: PodRules,
): FieldErrors {
  if (spec.terminationGracePeriodSeconds === undefined)
    yield required(path.child('terminationGracePeriodSeconds'))
  const volumes = new Map<string, Volume>()
  yield* validateVolumes(spec.volumes ?? [], metadata, path.child('volumes'), rules, volumes)
  yield* validatePodClaims(spec.resourceClaims ?? [], metadata, path.child('resourceClaims'))
  const surroundings: PodSurroundings = { spec, volumes, rules }
  yield* validateContainers(surroundings, path.child('containers'))
  yield* validateInitContainers(surroundings, path.child('initContainers'))
  yield* validateEphemeralContainers(surroundings, path.child('ephemeralContainers'))
  yield* podResources(spec, path, rules)
  yield* hostNetworkPorts(spec, path.child('containers'), rules)
  yield* restartPolicy(spec.restartPolicy, path.child('restartPolicy'))
  yield* dnsPolicy(spec.dnsPolicy, path.child('dnsPolicy'))
  yield* validateLabels(spec.nodeSelector, path.child('nodeSelector'))
  yield* validatePodSecurity(spec, path.child('securityContext'), rules)
  yield* validateAffinity(spec.affinity, path.child('affinity'), rules)
  yield* validateDnsConfig(spec, path.child('dnsConfig'))
  yield* gates(spec, path)
  yield* validateTopologySpread(spec, path.child('topologySpreadConstraints'), rules)
  yield* validateHostProcess(spec, path)
  yield* userNamespace(spec, path, rules)
  yield* validateHostnameOverride(spec, path.child('hostnameOverride'))
  yield* names(spec, path)
  yield* validateTolerations(spec.tolerations ?? [], path.child('tolerations'), rules)
  yield* validateHostAliases(spec.hostAliases ?? [], path.child('hostAliases'))
  yield* classes(spec, path)
  if (spec.overhead) yield* validateOverhead(spec.overhead, path.child('overhead'), rules)
  yield* validateOS(spec, path)
  yield* fileKeyVolumes(spec, path)
}

/** On the host's network, the port of the container is the port of the host. */
function* hostNetworkPorts(spec: PodSpec, path: Path, rules: PodRules): FieldErrors {
  if (!spec.hostNetwork) return
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      const hostPort = port.hostPort ?? 0
      if ((!rules.isPod && hostPort === 0) || hostPort === port.containerPort) continue
      const at = path.index(i).child('ports').index(j).child('hostPort')
      yield invalid(at, hostPort, 'must match `containerPort` when `hostNetwork` is true')
    }
  }
}

const RESTART_POLICIES = ['Always', 'OnFailure', 'Never']

function* restartPolicy(policy: string | undefined, path: Path): FieldErrors {
  if (!policy) yield required(path)
  else if (!RESTART_POLICIES.includes(policy)) yield notSupportedInOrder(path, policy, RESTART_POLICIES)
}

/** What others have to say before the pod is scheduled, or counts as ready. */
function* gates(spec: PodSpec, path: Path): FieldErrors {
  for (const [i, gate] of (spec.readinessGates ?? []).entries()) {
    yield* qualifiedName(path.child('readinessGates').index(i).child('conditionType'), gate.conditionType)
  }
  const seen = new Set<string>()
  for (const [i, { name }] of (spec.schedulingGates ?? []).entries()) {
    const at = path.child('schedulingGates').index(i)
    yield* qualifiedName(at, name)
    if (seen.has(name)) yield duplicate(at, name)
    seen.add(name)
  }
}

/** A pod with a user namespace of its own shares no other namespace with the host. */
function* userNamespace(spec: PodSpec, path: Path, rules: PodRules): FieldErrors {
  if (spec.hostUsers !== false) return
  const text = 'when `hostUsers` is false'
  if (spec.hostNetwork && !rules.allowHostNetworkWithUserNamespace)
    yield forbidden(path.child('hostNetwork'), text)
  if (spec.hostPID) yield forbidden(path.child('HostPID'), text)
  if (spec.hostIPC) yield forbidden(path.child('HostIPC'), text)
  if (rules.allowVolumeDevicesWithUserNamespace) return
  for (const { container, path: at } of allContainersOf(spec, path)) {
    if ((container.volumeDevices ?? []).length > 0) yield forbidden(at.child('volumeDevices'), text)
  }
}

function* names(spec: PodSpec, path: Path): FieldErrors {
  const { serviceAccountName, nodeName, activeDeadlineSeconds, hostname, subdomain } = spec
  if (serviceAccountName) yield* subdomainName(path.child('serviceAccountName'), serviceAccountName)
  if (nodeName) yield* subdomainName(path.child('nodeName'), nodeName)
  if (activeDeadlineSeconds !== undefined) {
    yield* inRange(path.child('activeDeadlineSeconds'), activeDeadlineSeconds, 1, MAX_INT32)
  }
  if (hostname) yield* dnsLabel(path.child('hostname'), hostname)
  if (subdomain) yield* dnsLabel(path.child('subdomain'), subdomain)
}

const subdomainName = (path: Path, name: string): FieldErrors =>
  each(path, name, nameIsDNSSubdomain(name, false))

function* classes(spec: PodSpec, path: Path): FieldErrors {
  const { priorityClassName, runtimeClassName, preemptionPolicy } = spec
  if (priorityClassName) yield* subdomainName(path.child('priorityClassName'), priorityClassName)
  if (runtimeClassName !== undefined) yield* subdomainName(path.child('runtimeClassName'), runtimeClassName)
  if (preemptionPolicy !== undefined)
    yield* validatePreemptionPolicy(preemptionPolicy, path.child('preemptionPolicy'))
}

export function* validatePreemptionPolicy(policy: string, path: Path): FieldErrors {
  const known = ['PreemptLowerPriority', 'Never']
  if (policy === '') yield required(path)
  else if (!known.includes(policy)) yield notSupportedInOrder(path, policy, known)
}

/** Variables that come from a file come from an emptyDir, which an init container has filled. */
function* fileKeyVolumes(spec: PodSpec, path: Path): FieldErrors {
  for (const { container, path: at } of allContainersOf(spec, path)) {
    for (const [i, variable] of (container.env ?? []).entries()) {
      const name = variable.valueFrom?.fileKeyRef?.volumeName
      if (name === undefined) continue
      const namePath = at.child('env').index(i).child('valueFrom').child('fileKeyRef').child('volumeName')
      const volume = (spec.volumes ?? []).findLast((candidate) => candidate.name === name)
      if (!volume) yield notFound(namePath, name)
      else if (!volume.emptyDir) yield invalid(namePath, name, 'referenced volume must be of type emptyDir')
    }
  }
}

/** The template of a workload: no metadata but labels and annotations counts. */
export function* validatePodTemplateSpec(
  template: PodTemplateSpec,
  path: Path,
  rules: PodRules,
): FieldErrors {
  const { metadata } = template
  const spec = template.spec ?? { containers: [] }
  yield* validateLabels(metadata?.labels, path.child('labels'))
  yield* validateAnnotations(metadata?.annotations, path.child('annotations'))
  yield* validatePodAnnotations(metadata?.annotations, spec, path.child('annotations'), rules)
  yield* validatePodSpec(spec, undefined, path.child('spec'), rules)
  yield* profilesAgree(metadata?.annotations, spec, path.child('spec'))
  if ((spec.ephemeralContainers ?? []).length > 0) {
    yield forbidden(
      path.child('spec', 'ephemeralContainers'),
      'ephemeral containers not allowed in pod template',
    )
  }
}
