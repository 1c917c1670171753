// Which of a Service's endpoints take new connections on this node. Pure.
//
// Ready ones do; where none is ready, those that are shutting down but still serve do, so that the last
// connections of a rolling update find somebody. A `Local` policy leaves the endpoints of this node only; the
// hints of topology-aware routing narrow them to a node or zone where all of them carry hints.
// Upstream: pkg/proxy/topology.go

import type { EndpointSlice } from '#api/types/discovery.ts'

export interface ProxyEndpoint {
  readonly ip: string
  readonly port: number
  readonly isReady: boolean
  readonly isServing: boolean
  readonly isTerminating: boolean
  readonly nodeName: string
  readonly zoneHints: ReadonlySet<string>
  readonly nodeHints: ReadonlySet<string>
}

/** Where this proxy stands. */
export interface ProxyNode {
  readonly name: string
  /** The label topology.kubernetes.io/zone; '' without one. */
  readonly zone: string
}

/** The endpoints of one port of a Service, each once, in a stable order. IPv4 only. */
export function endpointsOf(
  slices: readonly EndpointSlice[],
  portName: string,
  protocol: string,
): ProxyEndpoint[] {
  const found = new Map<string, ProxyEndpoint>()
  for (const slice of slices) {
    if (slice.addressType !== 'IPv4') continue
    const ports = (slice.ports ?? []).filter(
      (candidate) =>
        (candidate.name ?? '') === portName && (candidate.protocol ?? 'TCP') === protocol && candidate.port,
    )
    for (const { port = 0 } of ports) {
      for (const endpoint of slice.endpoints ?? []) {
        const ip = endpoint.addresses[0]
        if (ip === undefined) continue
        const { ready = true, serving, terminating = false } = endpoint.conditions ?? {}
        const candidate: ProxyEndpoint = {
          ip,
          port,
          isReady: ready,
          isServing: serving ?? ready,
          isTerminating: terminating,
          nodeName: endpoint.nodeName ?? '',
          zoneHints: new Set((endpoint.hints?.forZones ?? []).map((zone) => zone.name)),
          nodeHints: new Set((endpoint.hints?.forNodes ?? []).map((node) => node.name)),
        }
        const key = `${ip}:${port}`
        // While a slice is being split, an endpoint may stand in two: the one that is ready counts.
        if (!found.get(key)?.isReady) found.set(key, candidate)
      }
    }
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, endpoint]) => endpoint)
}

/** Those that take connections under the `Cluster` policy. */
export function clusterEndpoints(all: readonly ProxyEndpoint[], node: ProxyNode): readonly ProxyEndpoint[] {
  const ready = all.filter((endpoint) => endpoint.isReady)
  if (ready.length > 0) return hinted(ready, node)
  return all.filter((endpoint) => endpoint.isServing && endpoint.isTerminating)
}

/** Those that take connections under the `Local` policy: the ones on this node. */
export function localEndpoints(all: readonly ProxyEndpoint[], node: ProxyNode): readonly ProxyEndpoint[] {
  const here = all.filter((endpoint) => endpoint.nodeName === node.name)
  const ready = here.filter((endpoint) => endpoint.isReady)
  return ready.length > 0 ? ready : here.filter((endpoint) => endpoint.isServing && endpoint.isTerminating)
}

/** Hints count only where every endpoint has them and at least one is meant for us. */
function hinted(ready: readonly ProxyEndpoint[], node: ProxyNode): readonly ProxyEndpoint[] {
  if (ready.every((endpoint) => endpoint.nodeHints.size > 0)) {
    const mine = ready.filter((endpoint) => endpoint.nodeHints.has(node.name))
    if (mine.length > 0) return mine
  }
  if (node.zone !== '' && ready.every((endpoint) => endpoint.zoneHints.size > 0)) {
    const mine = ready.filter((endpoint) => endpoint.zoneHints.has(node.zone))
    if (mine.length > 0) return mine
  }
  return ready
}
