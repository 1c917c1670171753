// A proxied port as nftables rules: chains, and elements of the verdict maps that lead into them. Pure.
//
//   service-ips      { 10.96.0.10 . udp . 53 : goto svc-… }          svc-…: mark what must be masqueraded, then
//   service-nodeports{ tcp . 30080          : goto ext-… }                  choose an endpoint at random
//   no-endpoint-…    { 10.96.0.11 . tcp . 80 : goto reject-chain }    ep-…:  dnat to 10.244.1.5:8080
//
// What goes to a cluster address but to none of its ports is refused, so that it does not leave the node for nowhere.
// A packet is looked up in a map, so its cost does not grow with the number of services; and a port's rules
// are its own, so a change of one touches no other. Upstream: pkg/proxy/nftables

import { createHash } from 'node:crypto'
import type { ProxyEndpoint } from '#proxy/endpoints.ts'
import type { ProxiedPort } from '#proxy/service-ports.ts'

/** The packet mark that postrouting masquerades; the bit that kube-proxy uses. */
export const MASQUERADE_MARK = '0x4000'

export type MapName = 'service-ips' | 'service-nodeports' | 'no-endpoint-services' | 'no-endpoint-nodeports'

/** Everything in the table that exists because of some port, by name: comparable, so that changes can be found. */
export interface PortRules {
  /** Chain name → its rules. */
  readonly chains: ReadonlyMap<string, readonly string[]>
  /** The address whose other ports are refused. */
  readonly clusterIP?: string
  /** Dynamic sets of client addresses: name → seconds. */
  readonly affinitySets: ReadonlyMap<string, number>
  /** `map name` + key → verdict. */
  readonly elements: ReadonlyMap<string, MapElement>
}

export interface MapElement {
  readonly map: MapName
  readonly key: string
  readonly verdict: string
}

/** The rules of one port; `podCIDR` is the range of all pods, whose traffic needs no masquerading to services. */
export function rulesFor(port: ProxiedPort, podCIDR: string): PortRules {
  const chains = new Map<string, readonly string[]>()
  const affinitySets = new Map<string, number>()
  const elements = new Map<string, MapElement>()
  const name = chainName(port)
  const endpointsInUse = new Map(
    [...port.internal, ...port.external].map((endpoint) => [chainOf(port, endpoint), endpoint]),
  )
  for (const [chain, endpoint] of endpointsInUse) {
    if (port.affinitySeconds > 0) affinitySets.set(affinityOf(port, endpoint), port.affinitySeconds)
    chains.set(chain, endpointRules(port, endpoint))
  }
  const add = (map: MapName, key: string, verdict: string) =>
    elements.set(`${map} ${key}`, { map, key, verdict })

  const { clusterIP } = port
  const clusterKey = `${port.clusterIP} . ${port.protocol} . ${port.port}`
  if (port.internal.length > 0) {
    const chain = `svc-${name}`
    chains.set(chain, [
      `ip daddr ${port.clusterIP} ip saddr != ${podCIDR} meta mark set meta mark or ${MASQUERADE_MARK}`,
      ...balance(port, port.internal),
    ])
    add('service-ips', clusterKey, `goto ${chain}`)
  } else add('no-endpoint-services', clusterKey, port.hasAnyEndpoint ? 'drop' : 'goto reject-chain')

  const outside = [...port.externalIPs, ...port.loadBalancerIPs]
  if (outside.length === 0 && port.nodePort === 0) return { clusterIP, chains, affinitySets, elements }
  const isServed = port.external.length > 0 || (port.isExternalLocal && port.internal.length > 0)
  const verdict = isServed ? `goto ext-${name}` : port.hasAnyEndpoint ? 'drop' : 'goto reject-chain'
  if (isServed) chains.set(`ext-${name}`, externalRules(port, name, podCIDR))
  for (const ip of outside) {
    add(isServed ? 'service-ips' : 'no-endpoint-services', `${ip} . ${port.protocol} . ${port.port}`, verdict)
  }
  if (port.nodePort > 0) {
    add(
      isServed ? 'service-nodeports' : 'no-endpoint-nodeports',
      `${port.protocol} . ${port.nodePort}`,
      verdict,
    )
  }
  return { clusterIP, chains, affinitySets, elements }
}

/** What comes from outside: masqueraded so that answers come back this way, unless the policy keeps the address. */
function externalRules(port: ProxiedPort, name: string, podCIDR: string): readonly string[] {
  const firewall =
    port.sourceRanges.length > 0 && port.loadBalancerIPs.length > 0
      ? [
          `ip daddr { ${port.loadBalancerIPs.join(', ')} } ip saddr != { ${port.sourceRanges.join(', ')} } drop`,
        ]
      : []
  if (!port.isExternalLocal) {
    return [...firewall, `meta mark set meta mark or ${MASQUERADE_MARK}`, ...balance(port, port.external)]
  }
  // Pods and the node itself reach a local-only service as if by its cluster address.
  const fromInside =
    port.internal.length > 0
      ? [
          `ip saddr ${podCIDR} goto svc-${name}`,
          `fib saddr type local meta mark set meta mark or ${MASQUERADE_MARK}`,
          `fib saddr type local goto svc-${name}`,
        ]
      : []
  return [...firewall, ...fromInside, ...(port.external.length > 0 ? balance(port, port.external) : ['drop'])]
}

/** Clients that have an endpoint keep it; for the others chance decides. */
function balance(port: ProxiedPort, endpoints: readonly ProxyEndpoint[]): readonly string[] {
  const stay =
    port.affinitySeconds > 0
      ? endpoints.map((endpoint) => `ip saddr @${affinityOf(port, endpoint)} goto ${chainOf(port, endpoint)}`)
      : []
  const verdicts = endpoints.map((endpoint, i) => `${i} : goto ${chainOf(port, endpoint)}`)
  return [...stay, `numgen random mod ${endpoints.length} vmap { ${verdicts.join(', ')} }`]
}

/** A pod that reaches itself through a service must see another address than its own, or it would answer itself. */
function endpointRules(port: ProxiedPort, endpoint: ProxyEndpoint): readonly string[] {
  return [
    `ip saddr ${endpoint.ip} meta mark set meta mark or ${MASQUERADE_MARK}`,
    ...(port.affinitySeconds > 0 ? [`update @${affinityOf(port, endpoint)} { ip saddr }`] : []),
    `meta l4proto ${port.protocol} dnat to ${endpoint.ip}:${endpoint.port}`,
  ]
}

/** Names in nft are short and of few letters: a hash tells ports apart, the service's name tells people. */
function chainName(port: ProxiedPort): string {
  const [, name = ''] = /\/([^:]*):/.exec(port.id) ?? []
  return `${hash(port.id)}-${name.replace(/[^a-z0-9-]/g, '-')}`
}

const chainOf = (port: ProxiedPort, endpoint: ProxyEndpoint): string =>
  `ep-${hash(port.id)}-${endpoint.ip.replaceAll('.', '-')}-${endpoint.port}`

const affinityOf = (port: ProxiedPort, endpoint: ProxyEndpoint): string =>
  chainOf(port, endpoint).replace(/^ep-/, 'affinity-')

const hash = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12)
