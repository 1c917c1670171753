// Whether a node is well formed, and what of it may change once it is registered.
//
// Upstream: ValidateNode and ValidateNodeUpdate in pkg/apis/core/validation/validation.go
// Left out: annotations of the 1.x alphas (scheduler.alpha.kubernetes.io/taints)

import { validateConfigSource, validateConfigStatus } from '#api/kinds/core/node/config-source.ts'
import { validateTaints } from '#api/kinds/core/pod/tolerations.ts'
import { resourceQuantity } from '#api/kinds/core/resource-names.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { duplicate, forbidden, goQuote, internal, invalid, Path } from '#api/meta/field-error.ts'
import { familyOf, parseNetwork } from '#api/meta/ip.ts'
import { type FieldErrors, positive } from '#api/meta/validation.ts'
import { legacyCidr } from '#api/meta/validation-ip.ts'
import type { Node, NodeStatus } from '#api/types/core.ts'

/** So upstream has it, though taints are in the spec. */
const TAINTS = new Path('metadata.taints')
const SWAP_CAPACITY = new Path('metadata.nodeSwapStatus.capacity')
const POD_CIDRS = new Path('spec.podCIDRs')
const STATUS = new Path('status')
const FEATURE_MAX_LENGTH = 253
const FEATURE = /^[A-Z][a-zA-Z0-9]*(\/[a-zA-Z][a-zA-Z0-9]*)*$/

export function* validateNode(node: Node): FieldErrors {
  yield* clusterMetadata(node)
  yield* validateTaints(node.spec?.taints ?? [], TAINTS)
  yield* validateResources(node.status)
  const swap = node.status?.nodeInfo?.swap
  if (swap?.capacity !== undefined) yield* positive(SWAP_CAPACITY, swap.capacity)
  yield* validateDeclaredFeatures(node.status)
  yield* validatePodCIDRs(node.spec?.podCIDRs ?? [])
}

export function* validateNodeUpdate(node: Node, old: Node): FieldErrors {
  yield* metadataUpdate(node, old)
  yield* validateResources(node.status)
  yield* validateDeclaredFeatures(node.status)
  yield* validateAddresses(node.status)
  yield* unchangedPodCIDRs(node.spec?.podCIDRs ?? [], old.spec?.podCIDRs ?? [])
  const providerID = old.spec?.providerID
  if (providerID && providerID !== node.spec?.providerID) {
    const text = 'node updates may not change providerID except from "" to valid'
    yield forbidden(new Path('spec.providerID'), text)
  }
  const source = node.spec?.configSource
  if (source) yield* validateConfigSource(source, new Path('spec.configSource'))
  if (node.status?.config) yield* validateConfigStatus(node.status.config, STATUS.child('config'))
  yield* validateTaints(node.spec?.taints ?? [], TAINTS)
  if ((node.spec?.externalID ?? '') !== (old.spec?.externalID ?? '')) {
    yield forbidden(new Path('spec.externalID'), 'may not be updated')
  }
}

function* validateResources(status: NodeStatus | undefined): FieldErrors {
  for (const list of ['capacity', 'allocatable'] as const) {
    for (const [name, amount] of Object.entries(status?.[list] ?? {})) {
      yield* resourceQuantity(STATUS.child(list, name), name, amount)
    }
  }
}

function* validateDeclaredFeatures(status: NodeStatus | undefined): FieldErrors {
  const path = STATUS.child('declaredFeatures')
  const features = status?.declaredFeatures ?? []
  for (const [i, feature] of features.entries()) {
    const problem = featureProblem(feature)
    if (problem !== undefined) yield invalid(path.index(i), feature, `invalid feature name ${problem}`)
    const next = features[i + 1]
    if (next === undefined) continue
    if (feature === next) yield duplicate(path.index(i + 1), next)
    else if (feature > next) yield invalid(path.index(i + 1), next, 'list must be sorted alphabetically')
  }
}

function featureProblem(feature: string): string | undefined {
  const name = goQuote(feature)
  if (feature.length > FEATURE_MAX_LENGTH)
    return `${name}: must be no more than ${FEATURE_MAX_LENGTH} characters`
  if (FEATURE.test(feature)) return undefined
  return `${name}: must start with an UpperCamelCase segment, with subsequent segments separated by '/' (e.g., MyFeature or MyFeature/mySubFeature), and contain only alphanumeric characters and slashes`
}

function* validatePodCIDRs(cidrs: readonly string[]): FieldErrors {
  for (const [i, cidr] of cidrs.entries()) yield* legacyCidr(POD_CIDRS.index(i), cidr)
  if (cidrs.length < 2) return
  const networks = cidrs.map(parseNetwork)
  const bad = networks.indexOf(undefined)
  if (bad >= 0) {
    const why = `invalid CIDR[${bad}]: <nil> (invalid CIDR address: ${cidrs[bad]})`
    yield internal(POD_CIDRS, `invalid PodCIDRs. failed to check with dual stack with error:${why}`)
  }
  const families = new Set(networks.map((network) => network && familyOf(network.address)))
  if (bad >= 0 || families.size < 2 || cidrs.length > 2) {
    yield invalid(POD_CIDRS, cidrs, 'may specify no more than one CIDR for each IP family')
  }
}

function* unchangedPodCIDRs(cidrs: readonly string[], old: readonly string[]): FieldErrors {
  if (old.length === 0) return
  const text = 'node updates may not change podCIDR except from "" to valid'
  if (old.length !== cidrs.length) yield forbidden(POD_CIDRS, text)
  else for (const [i, cidr] of old.entries()) if (cidr !== cidrs[i]) yield forbidden(POD_CIDRS, text)
}

function* validateAddresses(status: NodeStatus | undefined): FieldErrors {
  const seen = new Set<string>()
  for (const [i, address] of (status?.addresses ?? []).entries()) {
    const text = `${address.type} ${address.address}`
    if (seen.has(text))
      yield duplicate(STATUS.child('addresses').index(i), internalForm('NodeAddress', address))
    seen.add(text)
  }
}
