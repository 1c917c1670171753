// Whether an EndpointSlice is well formed: addresses of its one family, ports by name, hints.
//
// Upstream: pkg/apis/discovery/validation/validation.go

import { namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { duplicate, invalid, notSupported, Path, required, tooMany } from '#api/meta/field-error.ts'
import { familyOf, parseIp } from '#api/meta/ip.ts'
import { isLabelValue, nameIsDNSSubdomain } from '#api/meta/names.ts'
import { validateLabels } from '#api/meta/object-meta-validation.ts'
import { dnsLabel, each, type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import { fullyQualifiedDomainName } from '#api/meta/validation-formats.ts'
import { canonicalIp, endpointIp, legacyIp } from '#api/meta/validation-ip.ts'
import type { Endpoint, EndpointHints, EndpointPort, EndpointSlice } from '#api/types/discovery.ts'

const ADDRESS_TYPES = ['IPv4', 'IPv6', 'FQDN']
const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const MAX_TOPOLOGY_LABELS = 16
const MAX_ADDRESSES = 100
const MAX_PORTS = 20_000
const MAX_ENDPOINTS = 1000
const MAX_HINTS = 8

const ADDRESS_TYPE = new Path('addressType')
const PORTS = new Path('ports')
const ENDPOINTS = new Path('endpoints')

/** `old` is what was stored: endpoints that did not change are not judged again. */
export function* validateSlice(slice: EndpointSlice, old: EndpointSlice | undefined): FieldErrors {
  yield* namespacedMetadata(slice)
  const { addressType } = slice
  if (!addressType) yield required(ADDRESS_TYPE)
  else if (!ADDRESS_TYPES.includes(addressType)) yield notSupported(ADDRESS_TYPE, addressType, ADDRESS_TYPES)
  yield* validatePorts(slice.ports ?? [])
  if (old && semanticEqual(old.endpoints, slice.endpoints)) return
  yield* validateEndpoints(slice)
}

/** Whether all but metadata is the same, and the labels too. */
export const isSameSlice = (slice: EndpointSlice, old: EndpointSlice): boolean =>
  slice.addressType === old.addressType &&
  semanticEqual(slice.endpoints, old.endpoints) &&
  semanticEqual(slice.ports, old.ports) &&
  semanticEqual(slice.metadata?.labels ?? {}, old.metadata?.labels ?? {})

function* validatePorts(ports: readonly EndpointPort[]): FieldErrors {
  if (ports.length > MAX_PORTS) {
    yield tooMany(PORTS, ports.length, MAX_PORTS)
    return
  }
  const names = new Set<string>()
  for (const [i, { name = '', protocol, appProtocol }] of ports.entries()) {
    const path = PORTS.index(i)
    if (name !== '') yield* dnsLabel(path.child('name'), name)
    if (names.has(name)) yield duplicate(path.child('name'), name)
    names.add(name)
    if (protocol === undefined) yield required(path.child('protocol'))
    else if (!PROTOCOLS.includes(protocol)) yield notSupported(path.child('protocol'), protocol, PROTOCOLS)
    if (appProtocol !== undefined) yield* qualifiedName(path.child('appProtocol'), appProtocol)
  }
}

function* validateEndpoints({ endpoints, addressType }: EndpointSlice): FieldErrors {
  const count = (endpoints ?? []).length
  if (count > MAX_ENDPOINTS) {
    yield tooMany(ENDPOINTS, count, MAX_ENDPOINTS)
    return
  }
  for (const [i, endpoint] of (endpoints ?? []).entries()) {
    yield* validateEndpoint(endpoint, addressType, ENDPOINTS.index(i))
  }
}

function* validateEndpoint(endpoint: Endpoint, addressType: string, path: Path): FieldErrors {
  const { addresses, nodeName, deprecatedTopology, hostname, hints } = endpoint
  const at = path.child('addresses')
  const count = (addresses ?? []).length
  if (count === 0) yield required(at, 'must contain at least 1 address')
  else if (count > MAX_ADDRESSES) yield tooMany(at, count, MAX_ADDRESSES)
  for (const [i, address] of (addresses ?? []).entries()) yield* validateAddress(address, addressType, at, i)
  if (nodeName !== undefined) {
    yield* each(path.child('nodeName'), nodeName, nameIsDNSSubdomain(nodeName, false))
  }
  const topology = path.child('deprecatedTopology')
  const labels = Object.keys(deprecatedTopology ?? {}).length
  if (labels > MAX_TOPOLOGY_LABELS) yield tooMany(topology, labels, MAX_TOPOLOGY_LABELS)
  yield* validateLabels(deprecatedTopology, topology)
  if (hostname !== undefined) yield* dnsLabel(path.child('hostname'), hostname)
  if (hints) yield* validateHints(hints, path.child('hints'))
}

function* validateAddress(address: string, addressType: string, path: Path, i: number): FieldErrors {
  if (addressType === 'FQDN') yield* fullyQualifiedDomainName(path.index(i), address)
  if (addressType !== 'IPv4' && addressType !== 'IPv6') return
  const wrong = [...(addressType === 'IPv4' ? legacyIp : canonicalIp)(path.index(i), address)]
  yield* wrong
  const ip = parseIp(address)
  if (wrong.length > 0 || !ip) return
  if (familyOf(ip) !== addressType) yield invalid(path, address, `must be an ${addressType} address`)
  yield* endpointIp(path.index(i), address)
}

function* validateHints({ forZones, forNodes }: EndpointHints, path: Path): FieldErrors {
  const lists = [
    ['forZones', forZones ?? [], isLabelValue],
    ['forNodes', forNodes ?? [], (name: string) => nameIsDNSSubdomain(name, false)],
  ] as const
  for (const [list, hints, check] of lists) {
    const at = path.child(list)
    if (hints.length > MAX_HINTS) {
      yield tooMany(at, hints.length, MAX_HINTS)
      return
    }
    const names = new Set<string>()
    for (const [i, { name }] of hints.entries()) {
      if (names.has(name)) yield duplicate(at.index(i).child('name'), name)
      names.add(name)
      yield* each(at.index(i).child('name'), name, check(name))
    }
  }
}
