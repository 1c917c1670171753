// What a client is told about a pod or template that is accepted, but perhaps not as it was meant.
//
// `path` is where the metadata and spec lie: '' for a pod, `spec.template` for a workload.
// Upstream: pkg/api/pod/warnings.go, applyAppArmorVersionSkew in pkg/registry/core/pod/strategy.go

import { deprecatedLabel, termWarnings } from '#api/kinds/core/node-label-warnings.ts'
import {
  APP_ARMOR_PREFIX,
  SECCOMP_CONTAINER_PREFIX,
  SECCOMP_POD_ANNOTATION,
} from '#api/kinds/core/pod/annotations.ts'
import { allContainersOf, type ContainerAt } from '#api/kinds/core/pod/containers-of.ts'
import { portWarnings } from '#api/kinds/core/pod/port-warnings.ts'
import { appArmorProfileOf } from '#api/kinds/core/pod/strategy.ts'
import { overlapWarnings, volumeWarnings } from '#api/kinds/core/pod/volume-warnings.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { goQuote, Path } from '#api/meta/field-error.ts'
import { isDNS1123Label } from '#api/meta/names.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { toMillis } from '#api/meta/quantity.ts'
import { warningsForIp } from '#api/meta/validation-ip.ts'
import type { Affinity, Pod, PodAffinity, PodSpec, PodTemplateSpec } from '#api/types/core.ts'

type Warnings = Generator<string, void, undefined>

/** Annotations that the server has made fields of, or could not. */
function* adoptedAnnotations(pod: Pod): Warnings {
  const spec = pod.spec ?? { containers: [] }
  const annotations = pod.metadata?.annotations ?? {}
  for (const { container } of spec.os?.name === 'windows' ? [] : allContainersOf(spec)) {
    const key = `${APP_ARMOR_PREFIX}${container.name}`
    const annotation = annotations[key]
    if (annotation === undefined) continue
    const profile = appArmorProfileOf(annotation)
    if (semanticEqual(profile, container.securityContext?.appArmorProfile)) {
      yield useAppArmorField(new Path('metadata').child('annotations').key(key))
    }
  }
}

const useAppArmorField = (path: Path): string =>
  `${path}: deprecated since v1.30; use the "appArmorProfile" field instead`

/** Of a new pod. */
export function* podWarnings(pod: Pod): Warnings {
  yield* adoptedAnnotations(pod)
  const reasons = isDNS1123Label(pod.metadata?.name ?? '')
  if (reasons.length > 0) {
    yield `metadata.name: this is used in the Pod's hostname, which can result in surprising behavior; a DNS label is recommended: [${reasons.join(' ')}]`
  }
  yield* specWarnings(pod.spec ?? { containers: [] }, pod.metadata ?? {}, new Path(), false)
}

export function* podTemplateWarnings(template: PodTemplateSpec | undefined, path: Path): Warnings {
  if (!template) return
  yield* specWarnings(template.spec ?? { containers: [] }, template.metadata ?? {}, path, true)
}

function* specWarnings(spec: PodSpec, metadata: ObjectMeta, path: Path, isTemplate: boolean): Warnings {
  const at = path.child('spec')
  for (const key of Object.keys(spec.nodeSelector ?? {})) {
    const text = deprecatedLabel(key)
    if (text !== undefined) yield `${at.child('nodeSelector').key(key)}: ${text}`
  }
  yield* nodeAffinityWarnings(spec.affinity, at.child('affinity', 'nodeAffinity'))
  for (const [i, { topologyKey, labelSelector }] of (spec.topologySpreadConstraints ?? []).entries()) {
    const constraint = at.child('topologySpreadConstraints').index(i)
    const text = deprecatedLabel(topologyKey)
    if (text !== undefined) yield `${constraint.child('topologyKey')}: ${topologyKey} is ${text}`
    if (!labelSelector) yield nullSelector(constraint.child('labelSelector'))
  }
  yield* annotationWarnings(metadata, path.child('metadata', 'annotations'))
  yield* volumeWarnings(spec.volumes ?? [], at.child('volumes'))
  yield* overlapWarnings(spec.volumes ?? [])
  yield* repeatWarnings(spec, at)
  yield* fractionWarnings(spec.overhead, at.child('overhead'))
  yield* profileWarnings(spec, metadata, path, isTemplate)
  yield* portWarnings(allContainersOf(spec, at))
  if ((spec.terminationGracePeriodSeconds ?? 0) < 0) {
    const text = 'must be >= 0; negative values are invalid and will be treated as 1'
    yield `${at.child('terminationGracePeriodSeconds')}: ${text}`
  }
  for (const name of ['podAffinity', 'podAntiAffinity'] as const) {
    yield* podAffinityWarnings(spec.affinity?.[name], at.child('affinity', name))
  }
  for (const [i, address] of (spec.dnsConfig?.nameservers ?? []).entries()) {
    yield* warningsForIp(at.child('dnsConfig', 'nameservers').index(i), address)
  }
  for (const [i, { ip }] of (spec.hostAliases ?? []).entries()) {
    yield* warningsForIp(at.child('hostAliases').index(i).child('ip'), ip)
  }
}

const REQUIRED = 'requiredDuringSchedulingIgnoredDuringExecution'
const PREFERRED = 'preferredDuringSchedulingIgnoredDuringExecution'

function* nodeAffinityWarnings(affinity: Affinity | undefined, path: Path): Warnings {
  const { [REQUIRED]: needed, [PREFERRED]: preferred } = affinity?.nodeAffinity ?? {}
  for (const [i, term] of (needed?.nodeSelectorTerms ?? []).entries()) {
    yield* termWarnings(term, path.child(REQUIRED, 'nodeSelectorTerms').index(i), false)
  }
  for (const [i, term] of (preferred ?? []).entries()) {
    yield* termWarnings(term.preference, path.child(PREFERRED).index(i).child('preference'), true)
  }
}

const nullSelector = (path: Path): string => `${path}: a null labelSelector results in matching no pod`

function* podAffinityWarnings(affinity: PodAffinity | undefined, path: Path): Warnings {
  for (const [i, { labelSelector }] of (affinity?.[REQUIRED] ?? []).entries()) {
    if (!labelSelector) yield nullSelector(path.child(REQUIRED).index(i).child('labelSelector'))
  }
  for (const [i, { podAffinityTerm }] of (affinity?.[PREFERRED] ?? []).entries()) {
    if (podAffinityTerm.labelSelector) continue
    yield nullSelector(path.child(PREFERRED).index(i).child('podAffinityTerm', 'labelSelector'))
  }
}

const USE_SYSCTLS = 'non-functional in v1.11+; use the "sysctls" field instead'

const DEAD_ANNOTATIONS = {
  'scheduler.alpha.kubernetes.io/critical-pod':
    'non-functional in v1.16+; use the "priorityClassName" field instead',
  'security.alpha.kubernetes.io/sysctls': USE_SYSCTLS,
  'security.alpha.kubernetes.io/unsafe-sysctls': USE_SYSCTLS,
}

function* annotationWarnings(metadata: ObjectMeta, path: Path): Warnings {
  for (const [key, text] of Object.entries(DEAD_ANNOTATIONS)) {
    if (metadata.annotations?.[key] !== undefined) yield `${path.key(key)}: ${text}`
  }
}

function* repeatWarnings(spec: PodSpec, path: Path): Warnings {
  const addresses = new Set<string>()
  for (const [i, { ip }] of (spec.hostAliases ?? []).entries()) {
    if (addresses.has(ip))
      yield `${path.child('hostAliases').index(i).child('ip')}: duplicate ip ${goQuote(ip)}`
    addresses.add(ip)
  }
  const secrets = (spec.imagePullSecrets ?? []).map(({ name }) => name ?? '')
  const at = path.child('imagePullSecrets')
  for (const [i, name] of secrets.entries()) {
    if (secrets.indexOf(name) < i) yield `${at.index(i).child('name')}: duplicate name ${goQuote(name)}`
  }
  for (const [i, name] of secrets.entries()) {
    if (name === '') yield `${at.index(i).child('name')}: invalid empty name ""`
  }
}

/** Bytes come in whole pieces. */
function* fractionWarnings(list: Readonly<Record<string, string>> | undefined, path: Path): Warnings {
  for (const name of ['memory', 'ephemeral-storage']) yield* fractionWarning(list, name, path)
}

export function* fractionWarning(
  list: Readonly<Record<string, string>> | undefined,
  name: string,
  path: Path,
): Warnings {
  const text = list?.[name]
  if (text === undefined || toMillis(text) % 1000 === 0) return
  yield `${path.key(name)}: fractional byte value ${goQuote(text)} is invalid, must be an integer`
}

const USE_SECCOMP = 'non-functional in v1.27+; use the "seccompProfile" field instead'

function* profileWarnings(spec: PodSpec, metadata: ObjectMeta, path: Path, isTemplate: boolean): Warnings {
  const annotations = metadata.annotations ?? {}
  const at = path.child('metadata', 'annotations')
  if (!spec.securityContext?.seccompProfile && annotations[SECCOMP_POD_ANNOTATION] !== undefined) {
    yield `${at.key(SECCOMP_POD_ANNOTATION)}: ${USE_SECCOMP}`
  }
  for (const { container, path: containerPath } of allContainersOf(spec, path.child('spec'))) {
    const seccomp = `${SECCOMP_CONTAINER_PREFIX}${container.name}`
    if (!container.securityContext?.seccompProfile && annotations[seccomp] !== undefined) {
      yield `${at.key(seccomp)}: ${USE_SECCOMP}`
    }
    const appArmor = `${APP_ARMOR_PREFIX}${container.name}`
    const annotation = annotations[appArmor]
    if (isTemplate && !container.securityContext?.appArmorProfile && annotation !== undefined) {
      const ofPod = spec.securityContext?.appArmorProfile
      if (!ofPod || !semanticEqual(ofPod, appArmorProfileOf(annotation))) {
        yield useAppArmorField(at.key(appArmor))
      }
    }
    for (const name of ['memory', 'ephemeral-storage']) {
      yield* fractionWarning(container.resources?.limits, name, containerPath.child('resources', 'limits'))
      yield* fractionWarning(
        container.resources?.requests,
        name,
        containerPath.child('resources', 'requests'),
      )
    }
    yield* envWarnings(container, containerPath)
  }
}

/** A later variable of the same name is fine only when it extends the earlier one. */
function* envWarnings(container: ContainerAt['container'], path: Path): Warnings {
  const seen = new Set<string>()
  for (const [i, { name, value = '', valueFrom }] of (container.env ?? []).entries()) {
    const reference = `$(${name})`
    if (seen.has(name) && (valueFrom || value === reference || !value.includes(reference))) {
      const text = `hides previous definition of ${goQuote(name)}, which may be dropped when using apply`
      yield `${path.child('env').index(i)}: ${text}`
    }
    seen.add(name)
  }
}
