// One pod as an endpoint of a Service, and what makes two endpoints the same. Pure.
//
// Upstream: staging/src/k8s.io/endpointslice/utils.go (podToEndpoint), util/endpointset.go

import { familyOf, formatIp, parseIp } from '#api/meta/ip.ts'
import type { Node, Pod, Service } from '#api/types/core.ts'
import type { Endpoint, EndpointSlice } from '#api/types/discovery.ts'
import { hasHostname } from '#controllers/endpointslice/service-pods.ts'
import { isPodReady } from '#controllers/pods/pod-state.ts'

export type AddressType = 'IPv4' | 'IPv6'

/** Undefined when the pod has no address of this family. */
export function podEndpoint(
  pod: Pod,
  node: Node | undefined,
  service: Service,
  addressType: AddressType,
): Endpoint | undefined {
  const addresses = (pod.status?.podIPs ?? []).flatMap(({ ip }) => {
    const address = parseIp(ip)
    return address && familyOf(address) === addressType ? [formatIp(address)] : []
  })
  if (addresses.length === 0) return undefined
  const serving = isPodReady(pod)
  const terminating = pod.metadata?.deletionTimestamp !== undefined
  const ready = service.spec?.publishNotReadyAddresses === true || (serving && !terminating)
  const { name = '', namespace = '', uid = '' } = pod.metadata ?? {}
  const zone = node?.metadata?.labels?.['topology.kubernetes.io/zone']
  return {
    addresses,
    conditions: { ready, serving, terminating },
    ...(hasHostname(pod, service) && { hostname: pod.spec?.hostname ?? '' }),
    targetRef: { kind: 'Pod', namespace, name, uid },
    ...(pod.spec?.nodeName && { nodeName: pod.spec.nodeName }),
    ...(zone && { zone }),
  }
}

/** Endpoints with the same identity are the same endpoint in different states. */
export function endpointIdentity({ addresses, hostname, targetRef }: Endpoint): string {
  return JSON.stringify([
    [...addresses].sort(),
    hostname ?? '',
    targetRef?.namespace ?? '',
    targetRef?.name ?? '',
  ])
}

/** Whether two endpoints of one identity are in the same state; hints are looked at elsewhere. */
export function isSameState(a: Endpoint, b: Endpoint): boolean {
  const state = ({ nodeName, zone, conditions, targetRef }: Endpoint): string =>
    JSON.stringify([
      nodeName,
      zone,
      conditions?.ready,
      conditions?.serving,
      conditions?.terminating,
      targetRef && [targetRef.kind, targetRef.namespace, targetRef.name, targetRef.uid, targetRef.fieldPath],
    ])
  return state(a) === state(b)
}

/** The families for which the Service has slices. */
export function addressTypes(service: Service): readonly AddressType[] {
  const families = (service.spec?.ipFamilies ?? []).filter((family) => family === 'IPv4' || family === 'IPv6')
  if (families.length > 0) return families
  const ip = service.spec?.clusterIP ?? ''
  if (ip === '' || ip === 'None') return ['IPv4', 'IPv6']
  return [ip.includes(':') ? 'IPv6' : 'IPv4']
}

export function endpointsOf(slice: EndpointSlice): readonly Endpoint[] {
  return slice.endpoints ?? []
}
