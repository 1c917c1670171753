// A Service's endpoints in the old form: subsets of addresses that share their ports. Pure.
//
// Upstream: pkg/controller/endpoint/endpoints_controller.go, pkg/api/v1/endpoints/util.go

import { semanticEqual } from '#api/meta/equality.ts'
import { familyOf, formatIp, parseIp } from '#api/meta/ip.ts'
import type { EndpointAddress, EndpointSubset, Endpoints, Pod, Service } from '#api/types/core.ts'
import { findPort, sortByHash } from '#controllers/endpointslice/ports.ts'
import { hasClusterIP, hasHostname, isEndpoint } from '#controllers/endpointslice/service-pods.ts'
import { withTriggerTime } from '#controllers/endpointslice/trigger-times.ts'
import { isPodReady } from '#controllers/pods/pod-state.ts'

type SubsetPort = NonNullable<EndpointSubset['ports']>[number]

const MAX_ADDRESSES = 1000
const OVER_CAPACITY = 'endpoints.kubernetes.io/over-capacity'
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const MANAGER = 'endpoint-controller'
const HEADLESS = 'service.kubernetes.io/headless'

/** The object to write; undefined when `current` says the same. */
export function planEndpoints(
  service: Service,
  pods: readonly Pod[],
  current: Endpoints | undefined,
  trigger: string | undefined,
): Endpoints | undefined {
  const subsets = repack(pods.flatMap((pod) => subsetsOf(service, pod)))
  if (current && isUpToDate(service, current, subsets)) return undefined
  const { namespace = '', name = '' } = service.metadata ?? {}
  const fitting = truncate(subsets)
  const { [OVER_CAPACITY]: _over, ...annotations } = withTriggerTime(current?.metadata?.annotations, trigger)
  const { [HEADLESS]: _headless, ...labels } = service.metadata?.labels ?? {}
  return {
    ...current,
    metadata: {
      ...current?.metadata,
      namespace,
      name,
      annotations: { ...annotations, ...(fitting !== subsets && { [OVER_CAPACITY]: 'truncated' }) },
      labels: { ...labels, ...(!hasClusterIP(service) && { [HEADLESS]: '' }), [MANAGED_BY]: MANAGER },
    },
    subsets: fitting,
  }
}

function isUpToDate(service: Service, current: Endpoints, subsets: readonly EndpointSubset[]): boolean {
  const { [HEADLESS]: _headless, [MANAGED_BY]: manager, ...labels } = current.metadata?.labels ?? {}
  const count = addressCount(current.subsets ?? [])
  return (
    (semanticEqual(current.subsets, subsets) || semanticEqual(repack(current.subsets ?? []), subsets)) &&
    manager === MANAGER &&
    semanticEqual(withoutEmpty(labels), withoutEmpty(service.metadata?.labels)) &&
    count <= MAX_ADDRESSES &&
    current.metadata?.annotations?.[OVER_CAPACITY] === undefined
  )
}

const withoutEmpty = (labels: object | undefined): object => labels ?? {}

/** One subset for each port of one pod. */
function subsetsOf(service: Service, pod: Pod): readonly EndpointSubset[] {
  const isTolerant = service.spec?.publishNotReadyAddresses === true
  if (!isEndpoint(pod, isTolerant)) return []
  const address = addressOf(service, pod)
  if (!address) return []
  const side = isTolerant || isPodReady(pod) ? 'addresses' : 'notReadyAddresses'
  const servicePorts = service.spec?.ports ?? []
  if (servicePorts.length === 0) return service.spec?.clusterIP === 'None' ? [{ [side]: [address] }] : []
  return servicePorts.flatMap((servicePort) => {
    const port = findPort(pod, servicePort)
    if (port === undefined) return []
    const { name, protocol = 'TCP', appProtocol } = servicePort
    const entry = { ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) }
    return [{ [side]: [address], ports: [entry] }]
  })
}

/** The pod's address of the Service's first family. */
function addressOf(service: Service, pod: Pod): EndpointAddress | undefined {
  const { ipFamilies = [], clusterIP = '' } = service.spec ?? {}
  const reference = clusterIP !== '' && clusterIP !== 'None' ? clusterIP : (pod.status?.podIP ?? '')
  const family = ipFamilies[0] ?? (reference.includes(':') ? 'IPv6' : 'IPv4')
  for (const { ip: text } of pod.status?.podIPs ?? []) {
    const ip = parseIp(text)
    if (!ip || familyOf(ip) !== family) continue
    const { namespace = '', name = '', uid = '' } = pod.metadata ?? {}
    return {
      ip: formatIp(ip),
      ...(hasHostname(pod, service) && { hostname: pod.spec?.hostname ?? '' }),
      ...(pod.spec?.nodeName !== undefined && { nodeName: pod.spec.nodeName }),
      targetRef: { kind: 'Pod', namespace, name, uid },
    }
  }
  return undefined
}

interface Entry {
  readonly address: EndpointAddress
  isReady: boolean
}

/** The fewest subsets that say the same: ports with equal addresses together, all in a fixed order. */
export function repack(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  const byPort = new Map<string, { port: SubsetPort | undefined; entries: Map<string, Entry> }>()
  for (const { addresses = [], notReadyAddresses = [], ports = [] } of subsets) {
    for (const port of ports.length > 0 ? ports : [undefined]) {
      const id = JSON.stringify(port ? [port.name ?? '', port.port, port.protocol, port.appProtocol] : [])
      const group = byPort.get(id) ?? { port, entries: new Map<string, Entry>() }
      byPort.set(id, group)
      for (const address of addresses) put(group.entries, address, true)
      for (const address of notReadyAddresses) put(group.entries, address, false)
    }
  }
  const byAddresses = new Map<string, { ports: SubsetPort[]; entries: readonly Entry[] }>()
  for (const { port, entries } of byPort.values()) {
    const sorted = [...entries.values()].sort((a, b) => compareAddresses(a.address, b.address))
    const id = JSON.stringify(sorted)
    const group = byAddresses.get(id) ?? { ports: [], entries: sorted }
    byAddresses.set(id, group)
    if (port) group.ports.push(port)
  }
  const packed = [...byAddresses.values()].map(({ ports, entries }) => subsetOf(ports, entries))
  return packed.length < 2 ? packed : sortByHash('v1.EndpointSubset', packed)
}

/** An address that is not ready under one name is not ready. */
function put(entries: Map<string, Entry>, address: EndpointAddress, isReady: boolean): void {
  const id = JSON.stringify([address.ip, address.targetRef?.uid ?? ''])
  const entry = entries.get(id)
  if (!entry) entries.set(id, { address, isReady })
  else entry.isReady &&= isReady
}

function subsetOf(ports: readonly SubsetPort[], entries: readonly Entry[]): EndpointSubset {
  const addresses = entries.filter(({ isReady }) => isReady).map(({ address }) => address)
  const notReadyAddresses = entries.filter(({ isReady }) => !isReady).map(({ address }) => address)
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports: ports.length < 2 ? ports : sortByHash('v1.EndpointPort', ports) }),
  }
}

function compareAddresses(a: EndpointAddress, b: EndpointAddress): number {
  if (a.ip !== b.ip) return a.ip < b.ip ? -1 : 1
  const [left, right] = [a.targetRef?.uid ?? '', b.targetRef?.uid ?? '']
  return left < right ? -1 : left > right ? 1 : 0
}

const addressCount = (subsets: readonly EndpointSubset[]): number =>
  subsets.reduce(
    (sum, { addresses = [], notReadyAddresses = [] }) => sum + addresses.length + notReadyAddresses.length,
    0,
  )

/** At most a thousand addresses, ready ones before the others, each subset giving up its share. */
function truncate(subsets: readonly EndpointSubset[]): readonly EndpointSubset[] {
  if (addressCount(subsets) <= MAX_ADDRESSES) return subsets
  const count = (side: 'addresses' | 'notReadyAddresses'): number =>
    subsets.reduce((sum, subset) => sum + (subset[side]?.length ?? 0), 0)
  const ready = count('addresses')
  const side = ready > MAX_ADDRESSES ? 'addresses' : 'notReadyAddresses'
  const room = side === 'addresses' ? MAX_ADDRESSES : MAX_ADDRESSES - ready
  const total = count(side)
  let left = room
  return subsets.map((subset) => {
    const all = subset[side] ?? []
    const kept = all.slice(0, Math.min(left, Math.ceil((all.length / total) * room)))
    left -= kept.length
    const { notReadyAddresses: _notReady, ...readyOnly } = subset
    return { ...(side === 'addresses' ? readyOnly : subset), [side]: kept }
  })
}
