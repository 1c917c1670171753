// NetworkPolicy: which traffic pods of a namespace accept and send; carried out by a network plugin that can.
//
// Upstream: pkg/registry/networking/networkpolicy/strategy.go

import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { rulesOf, validateNetworkPolicySpec } from '#api/kinds/networking/network-policy-spec.ts'
import { formatSelectorOrNone } from '#api/kinds/scale-selector.ts'
import { Path } from '#api/meta/field-error.ts'
import { validateLabelSelector } from '#api/meta/validation.ts'
import { warningsForCidr } from '#api/meta/validation-ip.ts'
import { equalValues } from '#api/patch/apply/values.ts'
import type { NetworkPolicy, NetworkPolicyPort, NetworkPolicySpec } from '#api/types/networking.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

const SELECTOR_TEXT =
  "podSelector selects the pods to which this NetworkPolicy object applies. The array of rules is applied to any pods selected by this field. An empty selector matches all pods in the policy's namespace. Multiple network policies can select the same set of pods. In this case, the ingress rules for each are combined additively. This field is optional. If it is not specified, it defaults to an empty selector."

export const networkPolicy = defineKind<Draft<NetworkPolicy>>({
  group: 'networking.k8s.io',
  kind: 'NetworkPolicy',
  resource: 'networkpolicies',
  singular: 'networkpolicy',
  shortNames: ['netpol'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  prepareForUpdate(draft, old) {
    // an empty list is a change here, though it means nothing
    if (!equalValues(draft.spec, old.spec) && draft.metadata) {
      draft.metadata.generation = (old.metadata?.generation ?? 0) + 1
    }
  },
  defaults(draft) {
    draft.spec ??= {}
    const { spec } = draft
    const rules = [...(spec.ingress ?? []), ...(spec.egress ?? [])]
    for (const { ports } of rules) for (const port of ports ?? []) defaultProtocol(port)
    if ((spec.policyTypes ?? []).length > 0) return
    spec.policyTypes = (spec.egress ?? []).length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
  },
  *validate(object) {
    yield* namespacedMetadata(object)
    const rules = { allowInvalidSelector: false, existingCidrs: [] }
    yield* validateNetworkPolicySpec(specOf(object), SPEC, rules)
  },
  *validateUpdate(object, old) {
    yield* metadataUpdate(object, old)
    const allowInvalidSelector = !validateLabelSelector(old.spec?.podSelector, SPEC).next().done
    const existingCidrs = blocksOf(old).map(({ cidr }) => cidr)
    yield* validateNetworkPolicySpec(specOf(object), SPEC, { allowInvalidSelector, existingCidrs })
  },
  warnings: cidrWarnings,
  warningsOnUpdate: cidrWarnings,
  columns: [
    nameColumn(),
    column('Pod-Selector', SELECTOR_TEXT, ({ spec }) => formatSelectorOrNone(spec?.podSelector ?? {})),
    ageColumn(),
  ],
})

const specOf = ({ spec }: NetworkPolicy): NetworkPolicySpec => spec ?? ({} as NetworkPolicySpec)

function defaultProtocol(port: Draft<NetworkPolicyPort>): void {
  port.protocol ??= 'TCP'
}

interface CidrAt {
  readonly cidr: string
  readonly path: Path
}

function blocksOf(object: NetworkPolicy): CidrAt[] {
  return rulesOf(specOf(object), SPEC).flatMap(({ peers, peersPath }) =>
    peers.flatMap(({ ipBlock }, i) => {
      if (!ipBlock) return []
      const at = peersPath.index(i).child('ipBlock')
      const except = (ipBlock.except ?? []).map((cidr, j) => ({ cidr, path: at.child('except').index(j) }))
      return [{ cidr: ipBlock.cidr, path: at.child('cidr') }, ...except]
    }),
  )
}

function cidrWarnings(object: NetworkPolicy): string[] {
  return blocksOf(object).flatMap(({ cidr, path }) => warningsForCidr(path, cidr))
}
