// Endpoints: the addresses behind a Service in one list; the older form of EndpointSlice.
//
// Upstream: pkg/registry/core/endpoint/strategy.go, ValidateEndpoints in pkg/apis/core/validation/validation.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { notSupported, Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { dnsLabel, each, type FieldErrors, qualifiedName } from '#api/meta/validation.ts'
import { isPortNumber } from '#api/meta/validation-formats.ts'
import { endpointIp, legacyIp, warningsForIp } from '#api/meta/validation-ip.ts'
import type { EndpointAddress, EndpointPort, EndpointSubset, Endpoints } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const SUBSETS = new Path('subsets')
const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const MANAGED_BY = 'endpoints.kubernetes.io/managed-by'
const CONTROLLER = 'endpoint-controller'
const SHOWN_ADDRESSES = 3

export const endpoints = defineKind<Draft<Endpoints>>({
  group: '',
  kind: 'Endpoints',
  resource: 'endpoints',
  singular: 'endpoints',
  shortNames: ['ep'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/services/endpoints',
  allowCreateOnUpdate: true,
  deprecation: 'v1 Endpoints is deprecated in v1.33+; use discovery.k8s.io/v1 EndpointSlice',
  defaults({ subsets }) {
    for (const { ports } of subsets ?? []) for (const port of ports ?? []) port.protocol ||= 'TCP'
  },
  validate: (object) => validate(object, undefined),
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validate(object, old)
  },
  warnings: warningsFor,
  warningsOnUpdate: warningsFor,
  columns: [
    nameColumn(),
    column('Endpoints', field('core.v1.Endpoints', 'subsets'), ({ subsets }) => formatSubsets(subsets ?? [])),
    ageColumn(),
  ],
})

function* validate(object: Endpoints, old: Endpoints | undefined): FieldErrors {
  yield* namespacedMetadata(object)
  if (old && semanticEqual(old.subsets, object.subsets)) return
  for (const [i, subset] of (object.subsets ?? []).entries()) yield* validateSubset(subset, SUBSETS.index(i))
}

function* validateSubset(subset: EndpointSubset, path: Path): FieldErrors {
  const { addresses, notReadyAddresses, ports } = subset
  if (!addresses?.length && !notReadyAddresses?.length) {
    yield required(path, 'must specify `addresses` or `notReadyAddresses`')
  }
  for (const name of ['addresses', 'notReadyAddresses'] as const) {
    for (const [i, address] of (subset[name] ?? []).entries()) {
      yield* validateAddress(address, path.child(name).index(i))
    }
  }
  for (const [i, port] of (ports ?? []).entries()) {
    yield* validatePort(port, (ports ?? []).length > 1, path.child('ports').index(i))
  }
}

function* validateAddress({ ip, hostname, nodeName }: EndpointAddress, path: Path): FieldErrors {
  yield* legacyIp(path.child('ip'), ip)
  if (hostname) yield* dnsLabel(path.child('hostname'), hostname)
  if (nodeName !== undefined) {
    yield* each(path.child('nodeName'), nodeName, nameIsDNSSubdomain(nodeName, false))
  }
  yield* endpointIp(path.child('ip'), ip)
}

function* validatePort(
  { name, port, protocol, appProtocol }: EndpointPort,
  needsName: boolean,
  path: Path,
): FieldErrors {
  if (name) yield* dnsLabel(path.child('name'), name)
  else if (needsName) yield required(path.child('name'))
  yield* each(path.child('port'), port, isPortNumber(port))
  if (!protocol) yield required(path.child('protocol'))
  else if (!PROTOCOLS.includes(protocol)) yield notSupported(path.child('protocol'), protocol, PROTOCOLS)
  if (appProtocol !== undefined) yield* qualifiedName(path.child('appProtocol'), appProtocol)
}

/** The controller's own writes are not worth a warning. */
function warningsFor({ metadata, subsets }: Endpoints): string[] {
  if (metadata?.labels?.[MANAGED_BY] === CONTROLLER) return []
  return (subsets ?? []).flatMap((subset, i) =>
    (['addresses', 'notReadyAddresses'] as const).flatMap((name) =>
      (subset[name] ?? []).flatMap(({ ip }, j) =>
        warningsForIp(SUBSETS.index(i).child(name).index(j).child('ip'), ip),
      ),
    ),
  )
}

function formatSubsets(subsets: readonly EndpointSubset[]): string {
  if (subsets.length === 0) return '<none>'
  const all = subsets.flatMap(({ addresses, ports }) => {
    const ips = (addresses ?? []).map(({ ip }) => ip)
    if (!ports?.length) return ips
    return ports.flatMap(({ port }) => ips.map((ip) => `${ip.includes(':') ? `[${ip}]` : ip}:${port}`))
  })
  const shown = all.slice(0, SHOWN_ADDRESSES).join(',')
  return all.length > SHOWN_ADDRESSES ? `${shown} + ${all.length - SHOWN_ADDRESSES} more...` : shown
}
