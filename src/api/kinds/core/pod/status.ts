// What a kubelet or controller may write into a pod's status.
//
// Left out: status of image volumes and of node-allocatable claims, which are off by default and dropped before this.
// Upstream: ValidatePodStatusUpdate in pkg/apis/core/validation/validation.go

import type { PodRules } from '#api/kinds/core/pod/options.ts'
import { allContainersCouldRestart, shouldRestart } from '#api/kinds/core/pod/restarts.ts'
import { podAnnotationUpdates, specOf } from '#api/kinds/core/pod/update.ts'
import { internalList } from '#api/kinds/internal-form.ts'
import { metadataUpdate } from '#api/kinds/metadata.ts'
import { duplicate, forbidden, invalid, Path, required, tooLong } from '#api/meta/field-error.ts'
import { isDualStack } from '#api/meta/ip.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { dnsLabel, each, type FieldErrors, IS_IMMUTABLE, oneOf, qualifiedName } from '#api/meta/validation.ts'
import { isUserOrGroupId } from '#api/meta/validation-formats.ts'
import { legacyIp } from '#api/meta/validation-ip.ts'
import type {
  Container,
  ContainerStatus,
  Pod,
  PodExtendedResourceClaimStatus,
  PodSpec,
  PodStatus,
} from '#api/types/core.ts'

const STATUS = new Path('status')
const NOT_NEGATIVE = 'must be a non-negative integer'

export function* validatePodStatus(pod: Pod, old: Pod, rules: PodRules): FieldErrors {
  const status = pod.status ?? {}
  const oldStatus = old.status ?? {}
  const spec = specOf(pod)
  yield* metadataUpdate(pod, old)
  yield* podAnnotationUpdates(pod, old, rules)
  yield* conditions(status, STATUS.child('conditions'))
  yield* nominatedNode(status, oldStatus, specOf(old))
  if ((status.observedGeneration ?? 0) < 0) {
    yield invalid(STATUS.child('observedGeneration'), status.observedGeneration, NOT_NEGATIVE)
  }
  if ((status.qosClass ?? '') !== (oldStatus.qosClass ?? '')) {
    yield invalid(STATUS.child('qosClass'), status.qosClass ?? '', IS_IMMUTABLE)
  }
  yield* stateTransitions(status, oldStatus, specOf(old))
  yield* claimStatuses(status, spec, STATUS.child('resourceClaimStatuses'))
  yield* extendedClaim(status.extendedResourceClaimStatus, spec, STATUS.child('extendedResourceClaimStatus'))
  yield* podIPs(status, oldStatus, STATUS.child('podIPs'))
  yield* hostIPs(status, oldStatus, STATUS.child('hostIPs'))
  for (const name of LISTS) yield* users(status[name] ?? [], spec, STATUS.child(name))
  yield* allocated(status.containerStatuses ?? [], spec.containers ?? [], STATUS.child('containerStatuses'))
  const initPath = STATUS.child('initContainerStatuses')
  yield* allocated(status.initContainerStatuses ?? [], spec.initContainers ?? [], initPath)
  for (const [i, container] of (status.ephemeralContainerStatuses ?? []).entries()) {
    if ((container.allocatedResourcesStatus ?? []).length === 0) continue
    const at = STATUS.child('ephemeralContainerStatuses').index(i).child('allocatedResourcesStatus')
    yield forbidden(at, 'must not be specified in container status')
  }
}

const LISTS = ['containerStatuses', 'initContainerStatuses', 'ephemeralContainerStatuses'] as const

function* conditions(status: PodStatus, path: Path): FieldErrors {
  for (const [i, condition] of (status.conditions ?? []).entries()) {
    if ((condition.observedGeneration ?? 0) < 0) {
      yield invalid(path.index(i).child('observedGeneration'), condition.observedGeneration, NOT_NEGATIVE)
    }
    if (['PodScheduled', 'Ready', 'Initialized'].includes(condition.type)) continue
    yield* qualifiedName(path.index(i).child('Type'), condition.type)
  }
}

function* nominatedNode(status: PodStatus, old: PodStatus, oldSpec: PodSpec): FieldErrors {
  const name = status.nominatedNodeName ?? ''
  if (name === '' || name === (old.nominatedNodeName ?? '')) return
  yield* each(STATUS.child('nominatedNodeName'), name, nameIsDNSSubdomain(name, false))
  if (oldSpec.nodeName) {
    yield forbidden(
      STATUS.child('nominatedNodeName'),
      'may not be set on pods that are already bound to a node',
    )
  }
}

/** What has terminated comes back only if the pod's policy lets it. */
function* stateTransitions(status: PodStatus, old: PodStatus, spec: PodSpec): FieldErrors {
  if (!allContainersCouldRestart(spec)) {
    const containers = [
      ['containerStatuses', spec.containers ?? []],
      ['initContainerStatuses', spec.initContainers ?? []],
    ] as const
    for (const [name, list] of containers) {
      const mayRestart = ({ name: container, state }: ContainerStatus): boolean => {
        const known = list.find((candidate) => candidate.name === container)
        return known !== undefined && shouldRestart(known, spec, state?.terminated?.exitCode ?? 0)
      }
      yield* cameBack(status[name] ?? [], old[name] ?? [], STATUS.child(name), mayRestart)
    }
  }
  const name = 'ephemeralContainerStatuses'
  yield* cameBack(status[name] ?? [], old[name] ?? [], STATUS.child(name), () => false)
}

function* cameBack(
  statuses: readonly ContainerStatus[],
  old: readonly ContainerStatus[],
  path: Path,
  mayRestart: (status: ContainerStatus) => boolean,
): FieldErrors {
  for (const [i, before] of old.entries()) {
    if (!before.state?.terminated) continue
    const after = statuses.find(({ name, state }) => name === before.name && !state?.terminated)
    if (after && !mayRestart(before)) {
      yield forbidden(path.index(i).child('state'), 'may not be transitioned to non-terminated state')
    }
  }
}

function* claimStatuses(status: PodStatus, spec: PodSpec, path: Path): FieldErrors {
  const names = new Set<string>()
  for (const [i, claim] of (status.resourceClaimStatuses ?? []).entries()) {
    const at = path.index(i)
    if (!(spec.resourceClaims ?? []).some(({ name }) => name === claim.name)) {
      yield invalid(at.child('name'), claim.name, 'must match the name of an entry in `spec.resourceClaims`')
    }
    if (names.has(claim.name)) yield duplicate(at.child('name'), claim.name)
    names.add(claim.name)
    const name = claim.resourceClaimName
    if (name !== undefined) yield* each(at.child('resourceClaimName'), name, nameIsDNSSubdomain(name, false))
  }
}

const EXTENDED_NAME =
  'must match the extended resource name of an entry in spec.initContainers.resources.requests or spec.containers.resources.requests'

function* extendedClaim(
  status: PodExtendedResourceClaimStatus | undefined,
  spec: PodSpec,
  path: Path,
): FieldErrors {
  if (!status) return
  const containers = [...(spec.initContainers ?? []), ...(spec.containers ?? [])]
  const mappings = status.requestMappings ?? []
  if (mappings.length === 0)
    yield required(path.child('requestMappings'), 'at least one request mapping is required')
  const seen = new Set<string>()
  for (const [i, mapping] of mappings.entries()) {
    const at = path.child('requestMappings').index(i)
    const { containerName, resourceName, requestName } = mapping
    const container = containers.findLast(({ name }) => name === containerName)
    if (!container) {
      const text = 'must match the name of an entry in spec.initContainers.name or spec.containers.name'
      yield invalid(at.child('containerName'), containerName, text)
    } else if (container.resources?.requests?.[resourceName] === undefined) {
      yield invalid(at.child('resourceName'), resourceName, EXTENDED_NAME)
    }
    yield* dnsLabel(path.child('requestName'), requestName)
    const key = `${containerName} ${resourceName} ${requestName}`
    if (seen.has(key)) {
      for (const [name, value] of Object.entries({ containerName, resourceName, requestName })) {
        yield duplicate(at.child(name), value)
      }
    }
    seen.add(key)
  }
  const name = status.resourceClaimName
  if (!name) yield required(path.child('resourceClaimName'))
  else yield* each(path.child('resourceClaimName'), name, nameIsDNSSubdomain(name, false))
}

const ONE_EACH = 'may specify no more than one IP for each IP family'

function* podIPs(status: PodStatus, old: PodStatus, path: Path): FieldErrors {
  const known = (old.podIPs ?? []).map(({ ip }) => ip)
  const addresses = (status.podIPs ?? []).map(({ ip }) => ip)
  for (const [i, ip] of addresses.entries()) yield* legacyIp(path.index(i), ip, known)
  if (addresses.length > 1 && (isDualStack(addresses) !== true || addresses.length > 2)) {
    yield invalid(path, internalList('PodIP', status.podIPs), ONE_EACH)
  }
}

function* hostIPs(status: PodStatus, old: PodStatus, path: Path): FieldErrors {
  const addresses = (status.hostIPs ?? []).map(({ ip }) => ip)
  if (addresses.length === 0) return
  if ((status.hostIP ?? '') !== addresses[0]) {
    yield invalid(path.index(0).child('ip'), addresses[0], 'must be equal to `hostIP`')
  }
  const known = (old.hostIPs ?? []).map(({ ip }) => ip)
  for (const [i, ip] of addresses.entries()) yield* legacyIp(path.index(i), ip, known)
  if (addresses.length > 1 && (isDualStack(addresses) !== true || addresses.length > 2)) {
    yield invalid(path, internalList('HostIP', status.hostIPs), ONE_EACH)
  }
}

/** As which user the processes really run. */
function* users(statuses: readonly ContainerStatus[], spec: PodSpec, path: Path): FieldErrors {
  for (const [i, { user }] of statuses.entries()) {
    if (!user?.linux) continue
    const at = path.index(i).child('user').child('linux')
    if (spec.os?.name === 'windows') {
      yield forbidden(at, 'cannot be set for a windows pod')
      continue
    }
    yield* each(at.child('uid'), user.linux.uid, isUserOrGroupId(user.linux.uid))
    yield* each(at.child('gid'), user.linux.gid, isUserOrGroupId(user.linux.gid))
    for (const [j, group] of (user.linux.supplementalGroups ?? []).entries()) {
      yield* each(at.child('supplementalGroups').index(j), group, isUserOrGroupId(group))
    }
  }
}

const HEALTH_MESSAGE_MAX_LENGTH = 1024

/** The health of the devices that a container was given. */
function* allocated(
  statuses: readonly ContainerStatus[],
  containers: readonly Container[],
  path: Path,
): FieldErrors {
  for (const [i, status] of statuses.entries()) {
    const container = containers.find(({ name }) => name === status.name)
    for (const [j, resource] of (status.allocatedResourcesStatus ?? []).entries()) {
      const at = path.index(i).child('allocatedResourcesStatus').index(j)
      const problem = container && unknownAllocation(resource.name, container)
      if (problem) yield invalid(at.child('name'), resource.name, problem)
      const ids = new Set<string>()
      for (const [k, device] of (resource.resources ?? []).entries()) {
        const devicePath = at.child('resources').index(k)
        yield* oneOf(devicePath.child('health'), device.health, ['Healthy', 'Unhealthy', 'Unknown'])
        yield* healthMessage((device as { readonly message?: string }).message, devicePath.child('message'))
        if (ids.has(device.resourceID)) yield duplicate(devicePath.child('resourceID'), device.resourceID)
        ids.add(device.resourceID)
      }
    }
  }
}

function* healthMessage(message: string | undefined, path: Path): FieldErrors {
  if (message === '') yield required(path, 'must be non-empty if specified')
  else if (message && Buffer.byteLength(message) > HEALTH_MESSAGE_MAX_LENGTH) {
    yield tooLong(path, HEALTH_MESSAGE_MAX_LENGTH)
  }
}

function unknownAllocation(name: string, container: Container): string | undefined {
  if (name.startsWith('claim:')) {
    const claims = container.resources?.claims ?? []
    const known = claims.map((claim) => `claim:${claim.name}${claim.request ? `/${claim.request}` : ''}`)
    if (known.includes(name)) return undefined
    return "must match one of the container's resource claims in a format 'claim:<claimName>/<request>' or 'claim:<claimName>' if request is empty"
  }
  if (container.resources?.requests?.[name] !== undefined) return undefined
  return "must match one of the container's resource requests"
}
