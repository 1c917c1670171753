// Which slices a Service needs, found with as few writes as possible. Pure.
//
// Endpoints with the same ports share slices of at most 100. Those that are right stay where they are; what is
// new fills slices that change anyway, then one that just fits, then new ones. So a change of one pod is
// one write, and slices are never sorted anew: less full slices cost little, each write goes to every node.
// Upstream: staging/src/k8s.io/endpointslice/reconciler.go

import { semanticEqual } from '#api/meta/equality.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { services } from '#api/resources.ts'
import type { Node, Pod, Service } from '#api/types/core.ts'
import type { Endpoint, EndpointPort, EndpointSlice } from '#api/types/discovery.ts'
import {
  type AddressType,
  addressTypes,
  endpointIdentity,
  endpointsOf,
  isSameState,
  podEndpoint,
} from '#controllers/endpointslice/endpoint.ts'
import { withHints } from '#controllers/endpointslice/hints.ts'
import { endpointPorts, portsKey, sortPorts } from '#controllers/endpointslice/ports.ts'
import { hasClusterIP, isEndpoint } from '#controllers/endpointslice/service-pods.ts'
import {
  type FamilySlices,
  wantsZoneHints,
  withZoneHints,
  type ZoneShares,
} from '#controllers/endpointslice/zone-hints.ts'
import { controllerReference } from '#controllers/owner-references.ts'

export const MAX_ENDPOINTS = 100
export const MANAGER = 'endpointslice-controller.k8s.io'
export const SERVICE_NAME = 'kubernetes.io/service-name'
export const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const HEADLESS = 'service.kubernetes.io/headless'

export interface SlicePlan {
  readonly create: readonly EndpointSlice[]
  readonly update: readonly EndpointSlice[]
  readonly remove: readonly EndpointSlice[]
  /** Pods that could not be made endpoints. */
  readonly problems: readonly string[]
  /** Of a Service that wants zones to serve themselves: for each family whether they do, or why not. */
  readonly zones?: readonly ZoneVerdict[]
}

export interface ZoneVerdict {
  readonly addressType: AddressType
  readonly problem: string | undefined
}

/** `slices` are those that this controller manages for the Service, without those that are being deleted. */
export function planSlices(
  service: Service,
  pods: readonly Pod[],
  slices: readonly EndpointSlice[],
  nodeOf: (name: string) => Node | undefined,
  shares?: ZoneShares,
): SlicePlan {
  const types = addressTypes(service)
  const foreign = slices.filter(({ addressType }) => !types.some((type) => type === addressType))
  const plans = types.map((type) => {
    const own = slices.filter(({ addressType }) => addressType === type)
    return planFamily(service, pods, own, nodeOf, type, shares)
  })
  return {
    create: plans.flatMap(({ create }) => create),
    update: plans.flatMap(({ update }) => update),
    remove: [...plans.flatMap(({ remove }) => remove), ...foreign],
    problems: plans.flatMap(({ problems }) => problems),
    ...(wantsZoneHints(service) && { zones: plans.flatMap(({ zones = [] }) => zones) }),
  }
}

/** Endpoints that share their ports. */
interface Group {
  readonly ports: readonly EndpointPort[]
  readonly endpoints: Map<string, Endpoint>
}

function planFamily(
  service: Service,
  pods: readonly Pod[],
  slices: readonly EndpointSlice[],
  nodeOf: (name: string) => Node | undefined,
  type: AddressType,
  shares: ZoneShares | undefined,
): SlicePlan {
  const { groups, problems } = groupsOf(service, pods, nodeOf, type)
  const owned = slices.filter((slice) => isOwnedBy(slice, service))
  const create: EndpointSlice[] = []
  const update = new Map<EndpointSlice, EndpointSlice>()
  const remove = slices.filter((slice) => !isOwnedBy(slice, service))
  const existing = new Map<string, EndpointSlice[]>()
  for (const slice of owned) {
    const key = portsKey(slice.ports ?? [])
    existing.set(key, [...(existing.get(key) ?? []), slice])
  }
  for (const [key, group] of groups) {
    const plan = planGroup(service, existing.get(key) ?? [], group, type)
    create.push(...plan.create)
    remove.push(...plan.remove)
    for (const [old, next] of plan.update) update.set(old, next)
  }
  for (const [key, unused] of existing) if (!groups.has(key)) remove.push(...unused)

  // A Service without endpoints has one empty slice, so that everybody can see that it has none.
  if (create.length === 0 && remove.length === slices.length) {
    const placeholder = newSlice(service, [], type)
    const [only] = remove
    if (remove.length === 1 && only && isPlaceholder(only, placeholder)) remove.length = 0
    else create.push(placeholder)
  }
  const unchanged = owned.filter((slice) => !remove.includes(slice) && !update.has(slice))
  const written = { written: [...create, ...update.values()], unchanged }
  const hinted: FamilySlices & { readonly problem?: string } = wantsZoneHints(service)
    ? withZoneHints(written, shares)
    : withNearHints(written, service)
  const news = hinted.unchanged.filter((slice, i) => slice !== unchanged[i])
  return {
    ...recycle(
      service,
      hinted.written.slice(0, create.length),
      [...hinted.written.slice(create.length), ...news],
      remove,
    ),
    problems,
    zones: [{ addressType: type, problem: hinted.problem }],
  }
}

function withNearHints({ written, unchanged }: FamilySlices, service: Service): FamilySlices {
  const hint = (slice: EndpointSlice): EndpointSlice => withHints(slice, service)
  return { written: written.map(hint), unchanged: unchanged.map(hint) }
}

function groupsOf(
  service: Service,
  pods: readonly Pod[],
  nodeOf: (name: string) => Node | undefined,
  type: AddressType,
): { groups: ReadonlyMap<string, Group>; problems: readonly string[] } {
  const groups = new Map<string, Group>()
  const problems: string[] = []
  const { namespace, name } = service.metadata ?? {}
  for (const pod of pods.filter((candidate) => isEndpoint(candidate, true))) {
    const ports = endpointPorts(service, pod)
    const key = portsKey(ports)
    const group = groups.get(key) ?? { ports: sortPorts(ports), endpoints: new Map<string, Endpoint>() }
    groups.set(key, group)
    const nodeName = pod.spec?.nodeName ?? ''
    const node = nodeOf(nodeName)
    if (!node && service.spec?.publishNotReadyAddresses !== true) {
      problems.push(
        `skipping Pod ${pod.metadata?.name} for Service ${namespace}/${name}: Node ${nodeName} Not Found`,
      )
      continue
    }
    const endpoint = podEndpoint(pod, node, service, type)
    if (endpoint) group.endpoints.set(endpointIdentity(endpoint), endpoint)
  }
  return { groups, problems }
}

interface GroupPlan {
  readonly create: readonly EndpointSlice[]
  readonly update: ReadonlyMap<EndpointSlice, EndpointSlice>
  readonly remove: readonly EndpointSlice[]
}

/** The slices of one set of ports. */
function planGroup(
  service: Service,
  existing: readonly EndpointSlice[],
  group: Group,
  type: AddressType,
): GroupPlan {
  const missing = new Map(group.endpoints)
  const unchanged = new Set<EndpointSlice>()
  const update = new Map<EndpointSlice, EndpointSlice>()
  const remove: EndpointSlice[] = []
  for (const slice of existing) {
    const kept = keepEndpoints(slice, missing)
    const { labels, isChanged } = sliceLabels(service, slice)
    const isSame =
      kept.length === endpointsOf(slice).length &&
      kept.every((endpoint, i) => endpoint === endpointsOf(slice)[i])
    if (isSame && !isChanged) unchanged.add(slice)
    else if (!isSame && kept.length === 0) remove.push(slice)
    else update.set(slice, { ...slice, metadata: { ...slice.metadata, labels }, endpoints: kept })
  }

  const take = (count: number): Endpoint[] => {
    const taken = [...missing].slice(0, count)
    for (const [identity] of taken) missing.delete(identity)
    return taken.map(([, endpoint]) => endpoint)
  }
  const fullestFirst = [...update].sort(([, a], [, b]) => endpointsOf(b).length - endpointsOf(a).length)
  for (const [slice, next] of fullestFirst) {
    const added = take(MAX_ENDPOINTS - endpointsOf(next).length)
    if (added.length > 0) update.set(slice, { ...next, endpoints: [...endpointsOf(next), ...added] })
  }
  const create: EndpointSlice[] = []
  while (missing.size > 0) {
    const slice = missing.size < MAX_ENDPOINTS ? bestFit([...unchanged], missing.size) : undefined
    if (slice) {
      unchanged.delete(slice)
      update.set(slice, {
        ...slice,
        endpoints: [...endpointsOf(slice), ...take(MAX_ENDPOINTS - endpointsOf(slice).length)],
      })
    } else {
      create.push({ ...newSlice(service, group.ports, type), endpoints: take(MAX_ENDPOINTS) })
    }
  }
  return { create, update, remove }
}

/** The slice's endpoints that are still wanted, each in its new state; takes them out of `missing`. */
function keepEndpoints(slice: EndpointSlice, missing: Map<string, Endpoint>): Endpoint[] {
  return endpointsOf(slice).flatMap((endpoint) => {
    const identity = endpointIdentity(endpoint)
    const wanted = missing.get(identity)
    missing.delete(identity)
    if (!wanted) return []
    return [isSameState(wanted, endpoint) ? endpoint : wanted]
  })
}

/** The slice that is fullest with `count` more. */
function bestFit(slices: readonly EndpointSlice[], count: number): EndpointSlice | undefined {
  const room = (slice: EndpointSlice): number => MAX_ENDPOINTS - count - endpointsOf(slice).length
  return slices.filter((slice) => room(slice) >= 0).sort((a, b) => room(a) - room(b))[0]
}

/** A slice that would be deleted takes the content of one that would be created: one write instead of two. */
function recycle(
  service: Service,
  create: readonly EndpointSlice[],
  update: readonly EndpointSlice[],
  remove: readonly EndpointSlice[],
): Pick<SlicePlan, 'create' | 'update' | 'remove'> {
  const rest = [...create]
  const recycled: EndpointSlice[] = []
  const removed = remove.filter((slice) => {
    if (!isOwnedBy(slice, service)) return true
    const next = rest.pop()
    if (!next) return true
    const { name = '', resourceVersion, uid } = slice.metadata ?? {}
    recycled.push({
      ...next,
      metadata: { ...next.metadata, name, ...(resourceVersion && { resourceVersion }), ...(uid && { uid }) },
    })
    return false
  })
  return { create: rest, update: [...update, ...recycled], remove: removed }
}

function newSlice(service: Service, ports: readonly EndpointPort[], type: AddressType): EndpointSlice {
  const { namespace = '', name = '' } = service.metadata ?? {}
  const prefix = `${name}-`
  const slice: EndpointSlice = {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      namespace,
      generateName: nameIsDNSSubdomain(prefix, true).length === 0 ? prefix : name,
      ownerReferences: [controllerReference(services, service)],
    },
    addressType: type,
    endpoints: [],
    ports,
  }
  return { ...slice, metadata: { ...slice.metadata, labels: sliceLabels(service, slice).labels } }
}

/** The labels of a Service's slice: the Service's own, and those by which slices are found. */
function sliceLabels(
  service: Service,
  slice: EndpointSlice,
): { labels: Readonly<Record<string, string>>; isChanged: boolean } {
  const own = withoutReserved(service.metadata?.labels)
  const isChanged = !semanticEqual(withoutReserved(slice.metadata?.labels), own)
  const labels = {
    ...own,
    ...(!hasClusterIP(service) && { [HEADLESS]: '' }),
    [SERVICE_NAME]: service.metadata?.name ?? '',
    [MANAGED_BY]: MANAGER,
  }
  return { labels, isChanged }
}

function withoutReserved(labels: Readonly<Record<string, string>> | undefined): Record<string, string> {
  const { [SERVICE_NAME]: _name, [MANAGED_BY]: _manager, [HEADLESS]: _headless, ...own } = labels ?? {}
  return own
}

function isOwnedBy(slice: EndpointSlice, service: Service): boolean {
  return (slice.metadata?.ownerReferences ?? []).some(
    ({ uid, kind, apiVersion }) => uid === service.metadata?.uid && kind === 'Service' && apiVersion === 'v1',
  )
}

function isPlaceholder(slice: EndpointSlice, placeholder: EndpointSlice): boolean {
  return (
    slice.addressType === placeholder.addressType &&
    endpointsOf(slice).length === 0 &&
    (slice.ports ?? []).length === 0 &&
    semanticEqual(slice.metadata?.labels, placeholder.metadata?.labels)
  )
}
