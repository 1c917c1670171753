// The status of a Service: the addresses at which a load balancer made it available.
//
// Upstream: ValidateLoadBalancerStatus in pkg/apis/core/validation/validation.go

import { isLoadBalancer } from '#api/kinds/core/service/facts.ts'
import { metadataUpdate } from '#api/kinds/metadata.ts'
import { forbidden, invalid, Path, required } from '#api/meta/field-error.ts'
import { parseIp } from '#api/meta/ip.ts'
import { dnsSubdomain, type FieldErrors, oneOf } from '#api/meta/validation.ts'
import { legacyIp, warningsForIp } from '#api/meta/validation-ip.ts'
import type { LoadBalancerIngress, Service } from '#api/types/core.ts'

const INGRESS = new Path('status').child('loadBalancer', 'ingress')

export function* validateServiceStatus(service: Service, old: Service): FieldErrors {
  yield* metadataUpdate(service, old)
  const points = pointsOf(service)
  if (!isLoadBalancer(service)) {
    if (points.length > 0) yield forbidden(INGRESS, "may only be used when `spec.type` is 'LoadBalancer'")
    return
  }
  const existing = pointsOf(old).flatMap(({ ip }) => (ip ? [ip] : []))
  for (const [i, point] of points.entries()) yield* validatePoint(point, existing, INGRESS.index(i))
}

const pointsOf = (service: Service): readonly LoadBalancerIngress[] =>
  service.status?.loadBalancer?.ingress ?? []

function* validatePoint(point: LoadBalancerIngress, existing: readonly string[], path: Path): FieldErrors {
  const { ip, ipMode, hostname } = point
  if (ip) yield* legacyIp(path.child('ip'), ip, existing)
  const modePath = path.child('ipMode')
  if (ipMode === undefined) {
    if (ip) yield required(modePath, 'must be specified when `ip` is set')
  } else if (!ip) yield forbidden(modePath, 'may not be specified when `ip` is not set')
  else yield* oneOf(modePath, ipMode, ['Proxy', 'VIP'])
  if (!hostname) return
  yield* dnsSubdomain(path.child('hostname'), hostname)
  if (parseIp(hostname)) {
    yield invalid(path.child('hostname'), hostname, 'must be a DNS name, not an IP address')
  }
}

export const serviceStatusWarnings = (service: Service): string[] =>
  pointsOf(service).flatMap(({ ip }, i) => (ip ? warningsForIp(INGRESS.index(i), ip) : []))
