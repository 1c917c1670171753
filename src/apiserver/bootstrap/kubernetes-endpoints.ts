// What Service `default/kubernetes`, its Endpoints and its EndpointSlice should look like. Pure.
//
// Upstream: pkg/controlplane/{controller/kubernetesservice,reconcilers}

import { semanticEqual } from '#api/meta/equality.ts'
import type { Endpoints, Service } from '#api/types/core.ts'
import type { EndpointSlice } from '#api/types/discovery.ts'
import type { ServerAddress } from '#apiserver/bootstrap/server-leases.ts'

const NAME = 'kubernetes'
const NAMESPACE = 'default'
const SKIP_MIRROR = 'endpointslice.kubernetes.io/skip-mirror'
const SERVICE_NAME = 'kubernetes.io/service-name'

/** `port` is where the API servers listen. */
export function kubernetesService(clusterIP: string, port: number): Service {
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      namespace: NAMESPACE,
      name: NAME,
      labels: { component: 'apiserver', provider: 'kubernetes' },
    },
    spec: {
      clusterIP,
      ipFamilyPolicy: 'SingleStack',
      ports: [{ name: 'https', port: 443, protocol: 'TCP', targetPort: port as unknown as string }],
      sessionAffinity: 'None',
      type: 'ClusterIP',
    },
  }
}

/** The servers by port: those of most servers first, of equals the lower one. Every server comes to the same. */
export function serversByPort(servers: readonly ServerAddress[]): readonly ServersOfPort[] {
  const ports = [...new Set(servers.map(({ port }) => port))]
  return ports
    .map((port) => ({
      port,
      addresses: servers.filter((server) => server.port === port).map(({ address }) => address),
    }))
    .sort((a, b) => b.addresses.length - a.addresses.length || a.port - b.port)
}

export interface ServersOfPort {
  readonly port: number
  readonly addresses: readonly string[]
}

/** Undefined where the stored one is right. */
export function desiredEndpoints(
  present: Endpoints | undefined,
  servers: readonly ServersOfPort[],
): Endpoints | undefined {
  const subsets = servers.map(({ port, addresses }) => ({
    addresses: addresses.map((ip) => ({ ip })),
    ports: [{ name: 'https', port, protocol: 'TCP' }],
  }))
  const labels = { ...present?.metadata?.labels, [SKIP_MIRROR]: 'true' }
  const isRight =
    present && semanticEqual(present.subsets, subsets) && semanticEqual(present.metadata?.labels, labels)
  if (isRight) return undefined
  return {
    apiVersion: 'v1',
    kind: 'Endpoints',
    metadata: { ...present?.metadata, namespace: NAMESPACE, name: NAME, labels },
    subsets,
  }
}

/** A slice has one port for all its endpoints: servers at other ports are in the Endpoints only. */
export function desiredSlice(
  present: EndpointSlice | undefined,
  { addresses, port }: ServersOfPort,
): EndpointSlice | undefined {
  const addressType = addresses[0]?.includes(':') ? 'IPv6' : 'IPv4'
  const endpoints = addresses.map((address) => ({ addresses: [address], conditions: { ready: true } }))
  const ports = [{ name: 'https', port, protocol: 'TCP' }]
  const labels = { ...present?.metadata?.labels, [SERVICE_NAME]: NAME }
  const isRight =
    present &&
    present.addressType === addressType &&
    semanticEqual(present.endpoints, endpoints) &&
    semanticEqual(present.ports, ports) &&
    semanticEqual(present.metadata?.labels, labels)
  if (isRight) return undefined
  return {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { ...present?.metadata, namespace: NAMESPACE, name: NAME, labels },
    addressType,
    endpoints,
    ports,
  }
}
