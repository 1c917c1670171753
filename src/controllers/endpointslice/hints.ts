// Hints that keep traffic near: set on ready endpoints where the Service asks for it, taken off elsewhere. Pure.
//
// Services that ask for zones by their annotation have rules of their own (zone-hints.ts).
// Upstream: staging/src/k8s.io/endpointslice/trafficdist/trafficdist.go

import { semanticEqual } from '#api/meta/equality.ts'
import type { Service } from '#api/types/core.ts'
import type { Endpoint, EndpointHints, EndpointSlice } from '#api/types/discovery.ts'
import { endpointsOf } from '#controllers/endpointslice/endpoint.ts'

/** The slice with the hints that `service` wants; the very slice that was given when they are right. */
export function withHints(slice: EndpointSlice, service: Service): EndpointSlice {
  const endpoints = endpointsOf(slice).map((endpoint) => {
    const wanted = hintsOf(endpoint, service)
    if (semanticEqual(endpoint.hints, wanted)) return endpoint
    const { hints: _old, ...rest } = endpoint
    return wanted ? { ...rest, hints: wanted } : rest
  })
  return endpoints.every((endpoint, i) => endpoint === endpointsOf(slice)[i])
    ? slice
    : { ...slice, endpoints }
}

function hintsOf(endpoint: Endpoint, service: Service): EndpointHints | undefined {
  const distribution = service.spec?.trafficDistribution
  const isClose = distribution === 'PreferClose' || distribution === 'PreferSameZone'
  if (!isClose && distribution !== 'PreferSameNode') return undefined
  // What is not ready gets no traffic, so its hints may stay as they are.
  if (endpoint.conditions?.ready !== true) return endpoint.hints
  const forZones = endpoint.zone === undefined ? [] : [{ name: endpoint.zone }]
  const isNodeNamed = distribution === 'PreferSameNode' && endpoint.nodeName !== undefined
  const forNodes = isNodeNamed ? [{ name: endpoint.nodeName ?? '' }] : []
  if (forZones.length === 0 && forNodes.length === 0) return undefined
  return { ...(forNodes.length > 0 && { forNodes }), ...(forZones.length > 0 && { forZones }) }
}
