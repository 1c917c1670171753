// The slices that say what somebody's own Endpoints object says. Pure.
//
// One slice for each set of ports and address family, at most 1000 addresses of a subset.
// Upstream: pkg/controller/endpointslicemirroring/{reconciler,reconciler_helpers,utils}.go

import { semanticEqual } from '#api/meta/equality.ts'
import { familyOf, formatIp, parseIp } from '#api/meta/ip.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { endpoints as endpointsType } from '#api/resources.ts'
import type { EndpointAddress, Endpoints } from '#api/types/core.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/types/discovery.ts'
import { repack } from '#controllers/endpoints/plan.ts'
import {
  type AddressType,
  endpointIdentity,
  endpointsOf,
  isSameState,
} from '#controllers/endpointslice/endpoint.ts'
import { MANAGED_BY, SERVICE_NAME } from '#controllers/endpointslice/plan.ts'
import { portsKey, sortPorts } from '#controllers/endpointslice/ports.ts'
import { TRIGGER_TIME } from '#controllers/endpointslice/trigger-times.ts'
import { controllerReference } from '#controllers/owner-references.ts'

export const MANAGER = 'endpointslicemirroring-controller.k8s.io'
const MAX_PER_SUBSET = 1000
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
const LEADER = 'control-plane.alpha.kubernetes.io/leader'
const LAST_APPLIED = 'kubectl.kubernetes.io/last-applied-configuration'

/** Whether the object wants to be mirrored, and is not a leader's lock. */
export function isMirrored(object: Endpoints | undefined): object is Endpoints {
  return (
    object !== undefined &&
    object.metadata?.labels?.[SKIP_MIRROR] !== 'true' &&
    object.metadata?.annotations?.[LEADER] === undefined
  )
}

export interface MirrorPlan {
  readonly create: readonly EndpointSlice[]
  readonly update: readonly EndpointSlice[]
  readonly remove: readonly EndpointSlice[]
  readonly invalidAddresses: number
  /** Left out for want of room, the invalid ones included. */
  readonly skippedAddresses: number
}

interface Group {
  readonly type: AddressType
  readonly ports: readonly EndpointPort[]
  readonly endpoints: Map<string, Endpoint>
}

/** `slices` are those that this controller manages for the object. */
export function planMirror(object: Endpoints, slices: readonly EndpointSlice[]): MirrorPlan {
  const { groups, invalidAddresses, skippedAddresses } = groupsOf(object)
  const existing = new Map<string, EndpointSlice[]>()
  for (const slice of slices) {
    const key = groupKey(slice.addressType as AddressType, slice.ports ?? [])
    existing.set(key, [...(existing.get(key) ?? []), slice])
  }
  const create: EndpointSlice[] = []
  const update: EndpointSlice[] = []
  const remove: EndpointSlice[] = []
  for (const [key, group] of groups) {
    const [first, ...others] = existing.get(key) ?? []
    if (group.endpoints.size === 0) {
      remove.push(...(first ? [first] : []), ...others)
      continue
    }
    remove.push(...others)
    if (first && isUpToDate(object, first, group)) continue
    const next = newSlice(object, group, first)
    if (first) update.push(next)
    else create.push(next)
  }
  for (const [key, unused] of existing) if (!groups.has(key)) remove.push(...unused)
  return { ...recycle(create, update, remove), invalidAddresses, skippedAddresses }
}

function groupsOf(object: Endpoints): {
  groups: ReadonlyMap<string, Group>
  invalidAddresses: number
  skippedAddresses: number
} {
  const groups = new Map<string, Group>()
  let invalidAddresses = 0
  let skippedAddresses = 0
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of repack(object.subsets ?? [])) {
    const slicePorts = sortPorts(
      ports.map(({ name = '', port, protocol = 'TCP', appProtocol }) => ({
        name,
        port,
        protocol,
        ...(appProtocol !== undefined && { appProtocol }),
      })),
    )
    for (const type of ['IPv4', 'IPv6'] as const) {
      const key = groupKey(type, slicePorts)
      if (!groups.has(key)) groups.set(key, { type, ports: slicePorts, endpoints: new Map() })
    }
    let added = 0
    const all = [
      ...addresses.map((address) => ({ address, ready: true })),
      ...notReadyAddresses.map((address) => ({ address, ready: false })),
    ]
    for (const { address, ready } of all) {
      if (added >= MAX_PER_SUBSET) break
      const found = mirroredEndpoint(address, ready)
      if (found) {
        groups
          .get(groupKey(found.type, slicePorts))
          ?.endpoints.set(endpointIdentity(found.endpoint), found.endpoint)
        added++
      } else invalidAddresses++
    }
    skippedAddresses += all.length - added
  }
  return { groups, invalidAddresses, skippedAddresses }
}

const groupKey = (type: AddressType, ports: readonly EndpointPort[]): string => `${type}-${portsKey(ports)}`

/** Undefined for what is no IP address. */
function mirroredEndpoint(
  address: EndpointAddress,
  ready: boolean,
): { type: AddressType; endpoint: Endpoint } | undefined {
  const ip = parseIp(address.ip)
  if (!ip) return undefined
  return {
    type: familyOf(ip),
    endpoint: {
      addresses: [formatIp(ip)],
      conditions: { ready },
      ...(address.hostname && { hostname: address.hostname }),
      ...(address.targetRef && { targetRef: address.targetRef }),
      ...(address.nodeName !== undefined && { nodeName: address.nodeName }),
    },
  }
}

function isUpToDate(object: Endpoints, slice: EndpointSlice, group: Group): boolean {
  const current = endpointsOf(slice)
  const { [MANAGED_BY]: _manager, [SERVICE_NAME]: _name, ...labels } = slice.metadata?.labels ?? {}
  const isReplaced = (slice.metadata?.ownerReferences ?? []).some(
    ({ kind, name, uid }) =>
      kind === 'Endpoints' && name === object.metadata?.name && uid !== object.metadata?.uid,
  )
  return (
    !isReplaced &&
    current.length === Math.min(group.endpoints.size, MAX_PER_SUBSET) &&
    current.every((endpoint) => {
      const wanted = group.endpoints.get(endpointIdentity(endpoint))
      return wanted !== undefined && isSameState(wanted, endpoint)
    }) &&
    semanticEqual(object.metadata?.labels ?? {}, labels) &&
    semanticEqual(mirroredAnnotations(object), slice.metadata?.annotations ?? {})
  )
}

function mirroredAnnotations(object: Endpoints): Readonly<Record<string, string>> {
  const {
    [TRIGGER_TIME]: _time,
    [LAST_APPLIED]: _applied,
    ...annotations
  } = object.metadata?.annotations ?? {}
  return annotations
}

function newSlice(object: Endpoints, group: Group, current: EndpointSlice | undefined): EndpointSlice {
  const { namespace = '', name = '' } = object.metadata ?? {}
  const prefix = `${name}-`
  const generateName = nameIsDNSSubdomain(prefix, true).length === 0 ? prefix : name
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      ...(current ? identity(current) : { generateName }),
      labels: { ...object.metadata?.labels, [SERVICE_NAME]: name, [MANAGED_BY]: MANAGER },
      annotations: mirroredAnnotations(object),
      ownerReferences: [controllerReference(endpointsType, object)],
    },
    addressType: group.type,
    endpoints: [...group.endpoints.values()].slice(0, MAX_PER_SUBSET),
    ports: group.ports,
  }
}

function identity(slice: EndpointSlice): { name: string; resourceVersion?: string } {
  const { name = '', resourceVersion } = slice.metadata ?? {}
  return { name, ...(resourceVersion !== undefined && { resourceVersion }) }
}

/** A slice that would be deleted takes the content of one of the same family that would be created. */
function recycle(
  create: readonly EndpointSlice[],
  update: readonly EndpointSlice[],
  remove: readonly EndpointSlice[],
): Pick<MirrorPlan, 'create' | 'update' | 'remove'> {
  const rest = [...create]
  const recycled: EndpointSlice[] = []
  const removed = remove.filter((slice) => {
    const index = rest.findIndex(({ addressType }) => addressType === slice.addressType)
    const [next] = index < 0 ? [] : rest.splice(index, 1)
    if (!next) return true
    recycled.push({ ...next, metadata: { ...next.metadata, ...identity(slice) } })
    return false
  })
  return { create: rest, update: [...update, ...recycled], remove: removed }
}
