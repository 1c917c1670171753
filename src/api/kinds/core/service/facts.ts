// What the type of a Service means for its fields: who has addresses, node ports, a port for health checks.
//
// Upstream: pkg/registry/core/service/strategy.go, pkg/api/service/util.go

import type { Service, ServiceSpec } from '#api/types/core.ts'

export const NO_ADDRESS = 'None'

/** The spec, or an empty one. */
export const specOf = (service: Service): ServiceSpec => service.spec ?? {}

/** It has no address of its own: its name stands for those of its pods. */
export function isHeadless(service: Service): boolean {
  const addresses = specOf(service).clusterIPs ?? []
  return addresses.length === 1 && addresses[0] === NO_ADDRESS
}

export const isExternalName = (service: Service): boolean => specOf(service).type === 'ExternalName'
export const isLoadBalancer = (service: Service): boolean => specOf(service).type === 'LoadBalancer'
export const hasNodePorts = (service: Service): boolean =>
  specOf(service).type === 'NodePort' || isLoadBalancer(service)

/** Traffic comes to it from outside of the cluster. */
export const isReachedFromOutside = (service: Service): boolean =>
  hasNodePorts(service) ||
  (specOf(service).type === 'ClusterIP' && (specOf(service).externalIPs ?? []).length > 0)

/** The load balancer asks every node whether it has a pod of the service. */
export const needsHealthCheck = (service: Service): boolean =>
  isLoadBalancer(service) && specOf(service).externalTrafficPolicy === 'Local'
