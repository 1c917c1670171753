// ServiceCIDR: a range that addresses of Services are taken from.
//
// Upstream: pkg/registry/networking/servicecidr/strategy.go, ValidateServiceCIDR in pkg/apis/networking/validation

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { keepField, keepMetadata } from '#api/kinds/status-metadata.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { familyOf, parseNetwork } from '#api/meta/ip.ts'
import { type FieldErrors, IS_IMMUTABLE } from '#api/meta/validation.ts'
import { canonicalCidr } from '#api/meta/validation-ip.ts'
import type { ServiceCIDR } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

const CIDRS = new Path('spec.cidrs')

export const serviceCIDR = defineKind<Draft<ServiceCIDR>>({
  group: 'networking.k8s.io',
  kind: 'ServiceCIDR',
  resource: 'servicecidrs',
  singular: 'servicecidr',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: false,
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  *validate(object) {
    yield* clusterMetadata(object)
    yield* validateCidrs(object.spec?.cidrs ?? [])
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validateChange(object.spec?.cidrs, old.spec?.cidrs ?? [])
  },
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      keepMetadata(draft, old)
    },
    validateUpdate: metadataUpdate,
  },
  columns: [
    nameColumn(),
    column('CIDRs', field('networking.v1.ServiceCIDRSpec', 'cidrs'), ({ spec }) =>
      (spec?.cidrs ?? []).join(','),
    ),
    ageColumn(),
  ],
})

function* validateCidrs(cidrs: readonly string[]): FieldErrors {
  if (cidrs.length === 0) {
    yield required(CIDRS, 'at least one CIDR required')
    return
  }
  if (cidrs.length > 2) {
    yield invalid(CIDRS, { CIDRs: cidrs }, 'may only hold up to 2 values')
    return
  }
  for (const [i, cidr] of cidrs.entries()) yield* canonicalCidr(CIDRS.index(i), cidr)
  const [first, second] = cidrs.map(parseNetwork)
  if (first && second && familyOf(first.address) === familyOf(second.address)) {
    const text = 'may specify no more than one IP for each IP family, i.e 192.168.0.0/24 and 2001:db8::/64'
    yield invalid(CIDRS, cidrs, text)
  }
}

/** Only a second family may be added. */
function* validateChange(given: readonly string[] | undefined, old: readonly string[]): FieldErrors {
  const cidrs = given ?? []
  if (cidrs.length === old.length) {
    for (const [i, cidr] of cidrs.entries()) {
      if (cidr !== old[i]) yield invalid(CIDRS.index(i), cidr, IS_IMMUTABLE)
    }
  } else if (old.length === 1 && cidrs.length === 2) {
    if (cidrs[0] !== old[0]) yield invalid(CIDRS.index(0), cidrs[0], IS_IMMUTABLE)
    yield* validateCidrs(cidrs)
  } else yield invalid(CIDRS, given ?? null, IS_IMMUTABLE)
}
