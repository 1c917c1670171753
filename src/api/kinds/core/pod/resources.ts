// Requests, limits and device claims: of containers, of the pod as a whole, and of a runtime's overhead.
//
// Upstream: validateResourceRequirements, validatePodResources in pkg/apis/core/validation/validation.go

import type { PodRules } from '#api/kinds/core/pod/options.ts'
import {
  containerResourceName,
  isHugePages,
  isOvercommitAllowed,
  isWholePages,
  resourceName,
  resourceQuantity,
} from '#api/kinds/core/resource-names.ts'
import {
  duplicate,
  forbidden,
  invalid,
  notFound,
  notSupported,
  type Path,
  required,
} from '#api/meta/field-error.ts'
import { containerLimits, containerRequests, isPodLevelResource } from '#api/meta/pod-resources.ts'
import { compareQuantities, formatQuantity, parseQuantity } from '#api/meta/quantity.ts'
import { dnsLabel, type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type {
  ContainerResizePolicy,
  PodResourceClaim,
  PodSpec,
  ResourceClaim,
  ResourceRequirements,
} from '#api/types/core.ts'

type NameCheck = (path: Path, name: string) => FieldErrors

export const containerResources = (
  resources: ResourceRequirements,
  podClaims: readonly PodResourceClaim[],
  path: Path,
  rules: PodRules,
): FieldErrors => requirements(resources, containerResourceName, podClaims, path, rules)

/** What the runtime takes on top. */
export const validateOverhead = (
  overhead: Readonly<Record<string, string>>,
  path: Path,
  rules: PodRules,
): FieldErrors => requirements({ limits: overhead }, containerResourceName, [], path, rules)

function* requirements(
  resources: ResourceRequirements,
  checkName: NameCheck,
  podClaims: readonly PodResourceClaim[],
  path: Path,
  rules: PodRules,
): FieldErrors {
  const limits = resources.limits ?? {}
  const requests = resources.requests ?? {}
  for (const [name, text] of Object.entries(limits)) {
    const at = path.child('limits').key(name)
    yield* checkName(at, name)
    yield* resourceQuantity(at, name, text)
    yield* wholePages(at, name, text, rules)
  }
  for (const [name, text] of Object.entries(requests)) {
    const at = path.child('requests').key(name)
    yield* checkName(at, name)
    yield* resourceQuantity(at, name, text)
    yield* withinLimit(name, text, limits[name], path)
    yield* wholePages(at, name, text, rules)
  }
  const names = [...Object.keys(limits), ...Object.keys(requests)]
  if (names.some(isHugePages) && !names.includes('cpu') && !names.includes('memory')) {
    yield forbidden(path, 'HugePages require cpu or memory')
  }
  yield* claimNames(resources.claims ?? [], podClaims, path.child('claims'))
}

function* wholePages(path: Path, name: string, text: string, rules: PodRules): FieldErrors {
  if (!isHugePages(name) || rules.allowPartialHugePages || isWholePages(name, parseQuantity(text))) return
  yield invalid(path, text, `${text} is not positive integer multiple of ${name}`)
}

function* withinLimit(name: string, request: string, limit: string | undefined, path: Path): FieldErrors {
  if (limit === undefined) {
    if (isOvercommitAllowed(name)) return
    yield required(path.child('limits'), 'Limit must be set for non overcommitable resources')
    return
  }
  const difference = compareQuantities(parseQuantity(request), parseQuantity(limit))
  if (difference !== 0 && !isOvercommitAllowed(name)) {
    yield invalid(path.child('requests'), request, `must be equal to ${name} limit of ${limit}`)
  } else if (difference > 0) {
    yield invalid(path.child('requests'), request, `must be less than or equal to ${name} limit of ${limit}`)
  }
}

/** The claims that a container uses are among those of its pod, each (or each request of it) once. */
function* claimNames(
  claims: readonly ResourceClaim[],
  podClaims: readonly PodResourceClaim[],
  path: Path,
): FieldErrors {
  const known = podClaims.map(({ name }) => name).filter((name) => name !== '')
  const used = new Set<string>()
  for (const [i, { name, request }] of claims.entries()) {
    const at = path.index(i)
    if (!name) {
      yield required(at)
      continue
    }
    if (used.has(name)) yield duplicate(at, name)
    else {
      if (request) yield* dnsLabel(at.child('request'), request)
      const key = request ? `${name}/${request}` : name
      if (used.has(key)) yield duplicate(at, key)
      else if (!request) for (const other of used) if (other.split('/')[0] === name) yield duplicate(at, name)
      used.add(key)
    }
    if (!known.includes(name)) {
      const rest = known.length === 0 ? ' which is empty' : `: ${[...new Set(known)].sort().join(', ')}`
      yield notFound(at, name, `must be one of the names in pod.spec.resourceClaims${rest}`)
    }
  }
}

/** Resources of the pod as a whole: they bound what its containers ask for. */
export function* podResources(spec: PodSpec, path: Path, rules: PodRules): FieldErrors {
  if (!spec.resources) return
  const at = path.child('resources')
  if (spec.os?.name === 'windows') {
    yield forbidden(at, 'may not be set for a windows pod')
    return
  }
  if (spec.resources.claims) {
    yield forbidden(at.child('claims'), 'claims may not be set for Resources at pod-level')
  }
  yield* requirements(spec.resources, podResourceName, spec.resourceClaims ?? [], at, rules)
  yield* consistentWithContainers(spec, spec.resources, at)
}

function* podResourceName(path: Path, name: string): FieldErrors {
  const errors = [...resourceName(path, name)]
  if (errors.length > 0) yield* errors
  else if (!isPodLevelResource(name)) yield notSupported(path, name, ['cpu', 'hugepages-', 'memory'])
}

function* consistentWithContainers(spec: PodSpec, resources: ResourceRequirements, path: Path): FieldErrors {
  for (const [name, sum] of containerRequests(spec)) {
    const request = resources.requests?.[name]
    if (request === undefined || compareQuantities(sum, parseQuantity(request)) <= 0) continue
    const text = `must be greater than or equal to aggregate container requests of ${formatQuantity(sum)}`
    yield invalid(path.child('requests').key(name), request, text)
  }
  for (const [name, sum] of containerLimits(spec)) {
    const limit = resources.limits?.[name]
    if (!isHugePages(name) || limit === undefined || compareQuantities(sum, parseQuantity(limit)) <= 0)
      continue
    const text = `must be greater than or equal to aggregate container limits of ${formatQuantity(sum)}`
    yield invalid(path.child('limits').key(name), limit, text)
  }
  for (const [i, container] of (spec.containers ?? []).entries()) {
    for (const [name, limit] of Object.entries(container.resources?.limits ?? {})) {
      const podLimit = resources.limits?.[name]
      if (podLimit === undefined || compareQuantities(parseQuantity(limit), parseQuantity(podLimit)) <= 0)
        continue
      const at = path.child('containers').index(i).key(name).child('limits')
      yield invalid(at, limit, `must be less than or equal to pod limits of ${podLimit}`)
    }
  }
}

export function* validateResizePolicy(
  policies: readonly ContainerResizePolicy[],
  podRestartPolicy: string | undefined,
  path: Path,
): FieldErrors {
  const seen = new Set<string>()
  for (const [i, { resourceName: name, restartPolicy }] of policies.entries()) {
    if (seen.has(name)) yield duplicate(path.index(i), name)
    seen.add(name)
    if (!name) yield required(path)
    else yield* oneOf(path, name, ['cpu', 'memory'])
    if (!restartPolicy) yield required(path)
    else yield* oneOf(path, restartPolicy, ['NotRequired', 'RestartContainer'])
    if (podRestartPolicy === 'Never' && restartPolicy !== 'NotRequired') {
      yield invalid(path, restartPolicy, "must be 'NotRequired' when pod `restartPolicy` is 'Never'")
    }
  }
}
