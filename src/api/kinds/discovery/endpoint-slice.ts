// EndpointSlice: a part of the addresses behind a Service; what proxies and DNS read.
//
// Upstream: pkg/registry/discovery/endpointslice/strategy.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { isSameSlice, validateSlice } from '#api/kinds/discovery/validate.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { Path } from '#api/meta/field-error.ts'
import { nameIsDNSSubdomain } from '#api/meta/names.ts'
import { immutable } from '#api/meta/validation.ts'
import { warningsForIp } from '#api/meta/validation-ip.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { Draft } from '#api/types/wire.ts'

const MANAGED_BY = 'endpointslice.kubernetes.io/managed-by'
const CONTROLLERS = ['endpointslice-controller.k8s.io', 'endpointslicemirroring-controller.k8s.io']
const HOSTNAME_LABEL = 'kubernetes.io/hostname'
const SHOWN = 3

export const endpointSlice = defineKind<Draft<EndpointSlice>>({
  group: 'discovery.k8s.io',
  kind: 'EndpointSlice',
  resource: 'endpointslices',
  singular: 'endpointslice',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  defaults({ ports }) {
    for (const port of ports ?? []) {
      port.name ??= ''
      port.protocol ??= 'TCP'
    }
  },
  prepareForCreate: (draft) => dropTopology(draft, undefined),
  prepareForUpdate(draft, old) {
    if (draft.metadata && !isSameSlice(draft, old)) {
      draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
    }
    if (!semanticEqual(draft.endpoints, old.endpoints)) dropTopology(draft, old)
  },
  validate: (object) => validateSlice(object, undefined),
  *validateUpdate(object, old) {
    yield* validateSlice(object, old)
    yield* immutable(new Path('addressType'), object.addressType, old.addressType)
  },
  warnings(object) {
    const isNamed = object.addressType === 'FQDN'
    const warnings = isNamed ? ['spec.addressType: FQDN endpoints are deprecated'] : []
    return [...warnings, ...addressWarnings(object)]
  },
  warningsOnUpdate: addressWarnings,
  columns: [
    nameColumn(),
    column(
      'AddressType',
      field('discovery.v1.EndpointSlice', 'addressType'),
      ({ addressType }) => addressType,
    ),
    column('Ports', field('discovery.v1.EndpointSlice', 'ports'), ({ ports }) =>
      firstFew((ports ?? []).map(({ port, name }) => (port !== undefined ? String(port) : (name ?? '*')))),
    ),
    column('Endpoints', field('discovery.v1.EndpointSlice', 'endpoints'), (object) =>
      firstFew((object.endpoints ?? []).flatMap(({ addresses }) => addresses ?? [])),
    ),
    ageColumn(),
  ],
})

/** A field of v1beta1: of it only the node's name lives on, and that only if it was stored so before. */
function dropTopology(draft: Draft<EndpointSlice>, old: EndpointSlice | undefined): void {
  const known = new Set(
    (old?.endpoints ?? []).map((endpoint) => endpoint.deprecatedTopology?.[HOSTNAME_LABEL]),
  )
  for (const endpoint of draft.endpoints ?? []) {
    const name = endpoint.deprecatedTopology?.[HOSTNAME_LABEL]
    if (
      endpoint.nodeName === undefined &&
      name &&
      known.has(name) &&
      nameIsDNSSubdomain(name, false).length === 0
    ) {
      endpoint.nodeName = name
    }
    delete endpoint.deprecatedTopology
  }
}

function addressWarnings({ metadata, endpoints }: EndpointSlice): string[] {
  if (CONTROLLERS.includes(metadata?.labels?.[MANAGED_BY] ?? '')) return []
  const path = new Path('endpoints')
  return (endpoints ?? []).flatMap(({ addresses }, i) =>
    (addresses ?? []).flatMap((address, j) =>
      warningsForIp(path.index(i).child('addresses').index(j), address),
    ),
  )
}

function firstFew(items: readonly string[]): string {
  const text = items.slice(0, SHOWN).join(',')
  return items.length > SHOWN ? `${text} + ${items.length - SHOWN} more...` : text || '<unset>'
}
