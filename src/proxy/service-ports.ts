// What the proxy has to know of a Service: one entry for each of its ports. Pure.
//
// Upstream: pkg/proxy/serviceport.go. Left out: IPv6 (the pod network has none).

import type { Service, ServicePort } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import {
  clusterEndpoints,
  endpointsOf,
  localEndpoints,
  type ProxyEndpoint,
  type ProxyNode,
} from '#proxy/endpoints.ts'

export interface ProxiedPort {
  /** `namespace/name:port name/protocol`: names its chains and stands in its rules' comment. */
  readonly id: string
  /** Lower case, as nft writes it: tcp, udp, sctp. */
  readonly protocol: string
  readonly clusterIP: string
  readonly port: number
  readonly nodePort: number
  readonly externalIPs: readonly string[]
  readonly loadBalancerIPs: readonly string[]
  /** CIDRs that may use the load balancer's address; empty: all. */
  readonly sourceRanges: readonly string[]
  /** How long a client stays with its endpoint; 0: no affinity. */
  readonly affinitySeconds: number
  /** Who answers on the cluster's own address. */
  readonly internal: readonly ProxyEndpoint[]
  /** Who answers on the addresses that are reached from outside. */
  readonly external: readonly ProxyEndpoint[]
  /** `externalTrafficPolicy: Local`: the client's address is kept. */
  readonly isExternalLocal: boolean
  /** Endpoints exist somewhere, if not here: then a `Local` policy drops rather than rejects. */
  readonly hasAnyEndpoint: boolean
}

/** The ports of a Service that are to be proxied; none for headless and external names. */
export function proxiedPorts(
  service: Service,
  slices: readonly EndpointSlice[],
  node: ProxyNode,
): readonly ProxiedPort[] {
  const { spec } = service
  if (
    !spec ||
    spec.type === 'ExternalName' ||
    service.metadata?.labels?.['service.kubernetes.io/service-proxy-name']
  )
    return []
  const clusterIP = ipv4(spec.clusterIPs ?? (spec.clusterIP ? [spec.clusterIP] : []))[0]
  if (clusterIP === undefined) return []
  return (spec.ports ?? []).map((port) => proxiedPort(service, port, clusterIP, slices, node))
}

function proxiedPort(
  service: Service,
  port: ServicePort,
  clusterIP: string,
  slices: readonly EndpointSlice[],
  node: ProxyNode,
): ProxiedPort {
  const spec = service.spec ?? {}
  const protocol = port.protocol ?? 'TCP'
  const all = endpointsOf(slices, port.name ?? '', protocol)
  const forPolicy = (isLocal: boolean) => (isLocal ? localEndpoints(all, node) : clusterEndpoints(all, node))
  const isExternalLocal = spec.externalTrafficPolicy === 'Local'
  const timeout = spec.sessionAffinityConfig?.clientIP?.timeoutSeconds ?? 10_800
  return {
    id: `${service.metadata?.namespace}/${service.metadata?.name}:${port.name ?? ''}/${protocol.toLowerCase()}`,
    protocol: protocol.toLowerCase(),
    clusterIP,
    port: port.port,
    nodePort: port.nodePort ?? 0,
    externalIPs: ipv4(spec.externalIPs ?? []),
    loadBalancerIPs: ipv4(
      (service.status?.loadBalancer?.ingress ?? [])
        .filter((ingress) => ingress.ipMode !== 'Proxy')
        .map((ingress) => ingress.ip ?? ''),
    ),
    sourceRanges: (spec.loadBalancerSourceRanges ?? [])
      .map((range) => range.trim())
      .filter((range) => !range.includes(':')),
    affinitySeconds: spec.sessionAffinity === 'ClientIP' ? timeout : 0,
    internal: forPolicy(spec.internalTrafficPolicy === 'Local'),
    external: forPolicy(isExternalLocal),
    isExternalLocal,
    hasAnyEndpoint: clusterEndpoints(all, node).length > 0,
  }
}

const ipv4 = (addresses: readonly string[]): readonly string[] =>
  addresses.filter((address) => /^\d+(\.\d+){3}$/.test(address))
