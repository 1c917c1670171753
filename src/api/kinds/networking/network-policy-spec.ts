// Which traffic a NetworkPolicy lets through: ports and peers, inwards and outwards.
//
// Upstream: ValidateNetworkPolicySpec in pkg/apis/networking/validation/validation.go

import { forbidden, invalid, notSupportedInOrder, type Path, required } from '#api/meta/field-error.ts'
import { type IpNetwork, maskedBytes, parseNetwork } from '#api/meta/ip.ts'
import { each, type FieldErrors, validateLabelSelector } from '#api/meta/validation.ts'
import { isPortName, isPortNumber } from '#api/meta/validation-formats.ts'
import { legacyCidr } from '#api/meta/validation-ip.ts'
import type {
  IPBlock,
  NetworkPolicyPeer,
  NetworkPolicyPort,
  NetworkPolicySpec,
} from '#api/types/networking.ts'

const PROTOCOLS = ['TCP', 'UDP', 'SCTP']
const POLICY_TYPES = ['Ingress', 'Egress']

/** What was stored before may stay, even if it is wrong. */
export interface NetworkPolicyRules {
  readonly allowInvalidSelector: boolean
  readonly existingCidrs: readonly string[]
}

export interface PeersAt {
  readonly ports: readonly NetworkPolicyPort[]
  readonly peers: readonly NetworkPolicyPeer[]
  readonly path: Path
  readonly peersPath: Path
}

/** The rules of both directions, in order. */
export function rulesOf(spec: NetworkPolicySpec, path: Path): PeersAt[] {
  const inwards = (spec.ingress ?? []).map(({ ports, from }, i) => {
    const at = path.child('ingress').index(i)
    return { ports: ports ?? [], peers: from ?? [], path: at, peersPath: at.child('from') }
  })
  const outwards = (spec.egress ?? []).map(({ ports, to }, i) => {
    const at = path.child('egress').index(i)
    return { ports: ports ?? [], peers: to ?? [], path: at, peersPath: at.child('to') }
  })
  return [...inwards, ...outwards]
}

export function* validateNetworkPolicySpec(
  spec: NetworkPolicySpec,
  path: Path,
  rules: NetworkPolicyRules,
): FieldErrors {
  const options = { allowInvalidValues: rules.allowInvalidSelector }
  yield* validateLabelSelector(spec.podSelector, path.child('podSelector'), options)
  for (const { ports, peers, path: at, peersPath } of rulesOf(spec, path)) {
    for (const [i, port] of ports.entries()) yield* validatePort(port, at.child('ports').index(i))
    for (const [i, peer] of peers.entries()) yield* validatePeer(peer, peersPath.index(i), rules)
  }
  const types = spec.policyTypes ?? []
  if (types.length > POLICY_TYPES.length) {
    yield invalid(path.child('policyTypes'), types, 'may not specify more than two policyTypes')
    return
  }
  for (const [i, type] of types.entries()) {
    if (!POLICY_TYPES.includes(type)) {
      yield notSupportedInOrder(path.child('policyTypes').index(i), type, POLICY_TYPES)
    }
  }
}

function* validatePort({ protocol, port, endPort }: NetworkPolicyPort, path: Path): FieldErrors {
  if (protocol !== undefined && !PROTOCOLS.includes(protocol)) {
    yield notSupportedInOrder(path.child('protocol'), protocol, PROTOCOLS)
  }
  const at = path.child('port')
  const end = path.child('endPort')
  if (typeof port === 'number') {
    yield* each(at, port, isPortNumber(port))
    if (endPort === undefined) return
    if (endPort < port) yield invalid(end, port, 'must be greater than or equal to `port`')
    yield* each(end, endPort, isPortNumber(endPort))
  } else if (port === undefined) {
    if (endPort !== undefined)
      yield invalid(end, endPort, 'may not be specified when `port` is not specified')
  } else {
    if (endPort !== undefined) yield invalid(end, endPort, 'may not be specified when `port` is non-numeric')
    yield* each(at, port, isPortName(port))
  }
}

function* validatePeer(peer: NetworkPolicyPeer, path: Path, rules: NetworkPolicyRules): FieldErrors {
  const { podSelector, namespaceSelector, ipBlock } = peer
  const options = { allowInvalidValues: rules.allowInvalidSelector }
  yield* validateLabelSelector(podSelector, path.child('podSelector'), options)
  yield* validateLabelSelector(namespaceSelector, path.child('namespaceSelector'), options)
  if (ipBlock) yield* validateBlock(ipBlock, path.child('ipBlock'), rules)
  if (!podSelector && !namespaceSelector && !ipBlock) yield required(path, 'must specify a peer')
  else if (ipBlock && (podSelector || namespaceSelector)) {
    yield forbidden(path, 'may not specify both ipBlock and another peer')
  }
}

function* validateBlock({ cidr, except }: IPBlock, path: Path, rules: NetworkPolicyRules): FieldErrors {
  if (!cidr) {
    yield required(path.child('cidr'))
    return
  }
  yield* legacyCidr(path.child('cidr'), cidr, rules.existingCidrs)
  const network = parseNetwork(cidr)
  if (!network) return
  for (const [i, text] of (except ?? []).entries()) {
    const at = path.child('except').index(i)
    yield* legacyCidr(at, text, rules.existingCidrs)
    const part = parseNetwork(text)
    if (part && !isStrictSubset(part, network)) yield invalid(at, text, 'must be a strict subset of `cidr`')
  }
}

function isStrictSubset(part: IpNetwork, whole: IpNetwork): boolean {
  if (part.address.bytes.length !== whole.address.bytes.length) return false
  if (whole.prefixLength >= part.prefixLength) return false
  const covered = maskedBytes({ ...part, prefixLength: whole.prefixLength })
  return maskedBytes(whole).every((byte, i) => byte === covered[i])
}
