// Ingress: HTTP from outside, by host and path, to Services; carried out by a controller that is not part of this.
//
// Upstream: pkg/registry/networking/ingress/strategy.go

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { type IngressRules, ingressRules, validateIngressSpec } from '#api/kinds/networking/ingress-spec.ts'
import { keepField } from '#api/kinds/status-metadata.ts'
import { invalid, Path } from '#api/meta/field-error.ts'
import { parseIp } from '#api/meta/ip.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import { each, type FieldErrors } from '#api/meta/validation.ts'
import { legacyIp, warningsForIp } from '#api/meta/validation-ip.ts'
import type { Ingress, IngressRule } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const ADDRESSES = new Path('status.loadBalancer.ingress')
const CLASS_ANNOTATION = 'kubernetes.io/ingress.class'
const SHOWN_HOSTS = 3

export const ingress = defineKind<Draft<Ingress>>({
  group: 'networking.k8s.io',
  kind: 'Ingress',
  resource: 'ingresses',
  singular: 'ingress',
  shortNames: ['ing'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storagePrefix: '/registry/ingress',
  hasGeneration: true,
  prepareForCreate(draft) {
    draft.status = { loadBalancer: {} }
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  *validate(object) {
    yield* validate(object, ingressRules(undefined, SPEC))
    const annotation = object.metadata?.annotations?.[CLASS_ANNOTATION]
    const name = object.spec?.ingressClassName
    if (annotation !== undefined && name !== undefined && annotation !== name) {
      const text = 'must match `ingressClassName` when both are specified'
      yield invalid(new Path('annotations').child(CLASS_ANNOTATION), annotation, text)
    }
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    yield* validate(object, ingressRules(old.spec, SPEC))
  },
  warnings({ metadata, spec }) {
    if (metadata?.annotations?.[CLASS_ANNOTATION] === undefined || spec?.ingressClassName !== undefined)
      return []
    return [`annotation "${CLASS_ANNOTATION}" is deprecated, please use 'spec.ingressClassName' instead`]
  },
  status: {
    prepareForUpdate: (draft, old) => keepField(draft, old, 'spec'),
    *validateUpdate(object, old) {
      yield* metadataUpdate(object, old)
      yield* validateStatus(object, old)
    },
    warningsOnUpdate: ({ status }) =>
      (status?.loadBalancer?.ingress ?? []).flatMap(({ ip }, i) =>
        ip ? warningsForIp(ADDRESSES.index(i), ip) : [],
      ),
  },
  columns: [
    nameColumn(),
    column(
      'Class',
      'The name of the IngressClass resource that should be used for additional configuration',
      ({ spec }) => spec?.ingressClassName ?? '<none>',
    ),
    column('Hosts', 'Hosts that incoming requests are matched against before the ingress rule', ({ spec }) =>
      formatHosts(spec?.rules ?? []),
    ),
    column('Address', 'Address is a list containing ingress points for the load-balancer', formatAddresses),
    column('Ports', 'Ports of TLS configurations that open', ({ spec }) =>
      (spec?.tls ?? []).length > 0 ? '80, 443' : '80',
    ),
    ageColumn(),
  ],
})

function* validate(object: Ingress, rules: IngressRules): FieldErrors {
  yield* namespacedMetadata(object)
  yield* validateIngressSpec(object.spec ?? {}, SPEC, rules)
}

function* validateStatus({ status }: Ingress, old: Ingress): FieldErrors {
  const known = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  for (const [i, { ip, hostname }] of (status?.loadBalancer?.ingress ?? []).entries()) {
    if (ip) yield* legacyIp(ADDRESSES.index(i).child('ip'), ip, known)
    if (!hostname) continue
    const path = ADDRESSES.index(i).child('hostname')
    yield* each(path, hostname, isDNS1123Subdomain(hostname))
    if (parseIp(hostname)) yield invalid(path, hostname, 'must be a DNS name, not an IP address')
  }
}

function formatHosts(rules: readonly IngressRule[]): string {
  const hosts: string[] = []
  let isCut = false
  for (const { host } of rules) {
    if (hosts.length === SHOWN_HOSTS) isCut = true
    if (!isCut && host) hosts.push(host)
  }
  if (hosts.length === 0) return '*'
  return isCut ? `${hosts.join(',')} + ${rules.length - SHOWN_HOSTS} more...` : hosts.join(',')
}

function formatAddresses({ status }: Ingress): string {
  const addresses = (status?.loadBalancer?.ingress ?? []).map(({ ip, hostname }) => ip || hostname || '')
  return [...new Set(addresses.filter((address) => address !== ''))].sort().join(',')
}
