// The containers of a pod: ordinary ones, init containers and sidecars, ephemeral ones.
//
// Left out: stop signals, which are off by default and dropped before this.
// Upstream: validateContainers, validateInitContainers, validateEphemeralContainers in
// pkg/apis/core/validation/validation.go

import { validateEnv, validateEnvFrom } from '#api/kinds/core/pod/env.ts'
import { validateDevices, validateMounts } from '#api/kinds/core/pod/mounts.ts'
import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { validateLifecycle, validateProbes } from '#api/kinds/core/pod/probes.ts'
import { containerResources, validateResizePolicy } from '#api/kinds/core/pod/resources.ts'
import { validateRestartPolicy } from '#api/kinds/core/pod/restart-rules.ts'
import { validateSecurityContext } from '#api/kinds/core/pod/security.ts'
import { type KnownVolumes, pullPolicy } from '#api/kinds/core/pod/volumes.ts'
import {
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupportedInOrder,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import { dnsLabel, each, type FieldErrors, oneOf } from '#api/meta/validation.ts'
import { isPortName, isPortNumber } from '#api/meta/validation-formats.ts'
import type { Container, ContainerPort, EphemeralContainer, PodSpec } from '#api/types/core.ts'

export const PROTOCOLS: readonly string[] = ['SCTP', 'TCP', 'UDP']

/** What the containers of one pod have in common. */
export interface PodSurroundings {
  readonly spec: PodSpec
  readonly volumes: KnownVolumes
  readonly rules: PodRules
}

export function* validateContainers(pod: PodSurroundings, path: Path): FieldErrors {
  const containers = pod.spec.containers ?? []
  if (containers.length === 0) {
    yield required(path)
    return
  }
  const graceSeconds = pod.spec.terminationGracePeriodSeconds
  const names = new Set<string>()
  for (const [i, container] of containers.entries()) {
    const at = path.index(i)
    yield* validateCommon(container, pod, at)
    if (names.has(container.name)) yield duplicate(at.child('name'), container.name)
    names.add(container.name)
    if (container.lifecycle)
      yield* validateLifecycle(container.lifecycle, graceSeconds, at.child('lifecycle'))
    yield* validateProbes(container, graceSeconds, at)
    yield* validateRestartPolicy(container, at)
  }
  yield* hostPortConflicts(containers, path)
}

export function* validateInitContainers(pod: PodSurroundings, path: Path): FieldErrors {
  const names = new Set((pod.spec.containers ?? []).map(({ name }) => name))
  for (const [i, container] of (pod.spec.initContainers ?? []).entries()) {
    const at = path.index(i)
    yield* validateCommon(container, pod, at)
    yield* validateRestartPolicy(container, at)
    if (names.has(container.name)) yield duplicate(at.child('name'), container.name)
    else if (container.name) names.add(container.name)
    yield* hostPortConflicts([container], path)
    yield* validateInitLife(container, pod, at)
  }
}

/** Only sidecars (init containers that are restarted) live long enough for probes and hooks. */
function* validateInitLife(container: Container, pod: PodSurroundings, path: Path): FieldErrors {
  const graceSeconds = pod.spec.terminationGracePeriodSeconds
  if (container.restartPolicy === 'Always') {
    if (container.lifecycle)
      yield* validateLifecycle(container.lifecycle, graceSeconds, path.child('lifecycle'))
    yield* validateProbes(container, graceSeconds, path)
    return
  }
  for (const name of ['lifecycle', 'livenessProbe', 'readinessProbe', 'startupProbe'] as const) {
    if (container[name] === undefined) continue
    yield forbidden(path.child(name), 'may not be set for init containers without restartPolicy=Always')
  }
  if (pod.rules.allowRestartingInitContainers) return
  for (const [i, policy] of (container.resizePolicy ?? []).entries()) {
    if (policy.restartPolicy !== 'RestartContainer') continue
    const text = "must not be set to 'RestartContainer' for non-sidecar initContainers"
    yield invalid(path.child('resizePolicy').index(i).child('restartPolicy'), policy.restartPolicy, text)
  }
}

/** Fields that an ephemeral container has, but may not use. In Go's order. */
const NOT_FOR_EPHEMERAL = [
  'ports',
  'resources',
  'resizePolicy',
  'restartPolicy',
  'restartPolicyRules',
  'livenessProbe',
  'readinessProbe',
  'startupProbe',
  'lifecycle',
] as const

export function* validateEphemeralContainers(pod: PodSurroundings, path: Path): FieldErrors {
  const others = new Set(
    [...(pod.spec.containers ?? []), ...(pod.spec.initContainers ?? [])].map(({ name }) => name),
  )
  const names = new Set(others)
  for (const [i, container] of (pod.spec.ephemeralContainers ?? []).entries()) {
    const at = path.index(i)
    yield* validateCommon(container, pod, at)
    yield* trimmedImage(container, at)
    if (names.has(container.name)) yield duplicate(at.child('name'), container.name)
    names.add(container.name)
    const target = container.targetContainerName
    if (target && !others.has(target)) yield notFound(at.child('targetContainerName'), target)
    for (const name of NOT_FOR_EPHEMERAL) {
      if (!isSet(name, container)) continue
      yield forbidden(at.child(name), 'cannot be set for an Ephemeral Container')
    }
    for (const [j, mount] of (container.volumeMounts ?? []).entries()) {
      for (const name of ['subPath', 'subPathExpr'] as const) {
        if (!mount[name]) continue
        yield forbidden(
          at.child('volumeMounts').index(j).child(name),
          'cannot be set for an Ephemeral Container',
        )
      }
    }
  }
}

/** `resources: {}` is what Go writes for nothing; an empty probe or lifecycle is one. */
function isSet(name: (typeof NOT_FOR_EPHEMERAL)[number], container: EphemeralContainer): boolean {
  const value: unknown = container[name]
  if (typeof value !== 'object' || value === null) return value !== undefined
  return (name !== 'resources' && !Array.isArray(value)) || Object.keys(value).length > 0
}

function* validateCommon(
  container: Container | EphemeralContainer,
  { spec, volumes, rules }: PodSurroundings,
  path: Path,
): FieldErrors {
  if (!container.name) yield required(path.child('name'))
  else yield* dnsLabel(path.child('name'), container.name)
  if (!container.image) yield required(path.child('image'))
  yield* terminationMessagePolicy(container.terminationMessagePolicy, path.child('terminationMessagePolicy'))
  yield* validatePorts(container.ports ?? [], path.child('ports'))
  yield* validateEnv(container.env ?? [], path.child('env'))
  yield* validateEnvFrom(container.envFrom ?? [], path.child('envFrom'))
  yield* validateMounts(container, volumes, path.child('volumeMounts'))
  yield* validateDevices(container, volumes, path.child('volumeDevices'))
  yield* pullPolicy(container.imagePullPolicy, path.child('imagePullPolicy'))
  yield* containerResources(
    container.resources ?? {},
    spec.resourceClaims ?? [],
    path.child('resources'),
    rules,
  )
  yield* validateResizePolicy(container.resizePolicy ?? [], spec.restartPolicy, path.child('resizePolicy'))
  yield* validateSecurityContext(
    container.securityContext,
    spec.hostUsers !== false,
    path.child('securityContext'),
  )
}

function* terminationMessagePolicy(policy: string | undefined, path: Path): FieldErrors {
  const known = ['File', 'FallbackToLogsOnError']
  if (!policy) yield required(path)
  else if (!known.includes(policy)) yield notSupportedInOrder(path, policy, known)
}

function* validatePorts(ports: readonly ContainerPort[], path: Path): FieldErrors {
  const names = new Set<string>()
  for (const [i, port] of ports.entries()) {
    const at = path.index(i)
    if (port.name) {
      const reasons = isPortName(port.name)
      yield* each(at.child('name'), port.name, reasons)
      if (reasons.length === 0 && names.has(port.name)) yield duplicate(at.child('name'), port.name)
      if (reasons.length === 0) names.add(port.name)
    }
    if (!port.containerPort) yield required(at.child('containerPort'))
    else yield* each(at.child('containerPort'), port.containerPort, isPortNumber(port.containerPort))
    if (port.hostPort) yield* each(at.child('hostPort'), port.hostPort, isPortNumber(port.hostPort))
    if (!port.protocol) yield required(at.child('protocol'))
    else yield* oneOf(at.child('protocol'), port.protocol, PROTOCOLS)
  }
}

function* hostPortConflicts(containers: readonly Container[], path: Path): FieldErrors {
  const taken = new Set<string>()
  for (const [i, container] of containers.entries()) {
    for (const [j, port] of (container.ports ?? []).entries()) {
      if (!port.hostPort) continue
      const key = `${port.protocol}/${port.hostIP ?? ''}/${port.hostPort}`
      if (taken.has(key)) yield duplicate(path.index(i).child('ports').index(j).child('hostPort'), key)
      taken.add(key)
    }
  }
}

/** Pods, but not templates, must name their image without blanks around it. */
export function* trimmedImage(container: Container | EphemeralContainer, path: Path): FieldErrors {
  const image = container.image ?? ''
  if (image !== image.trim())
    yield invalid(path.child('image'), image, 'must not have leading or trailing whitespace')
}
