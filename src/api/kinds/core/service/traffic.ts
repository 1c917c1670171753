// Which pods the traffic of a Service goes to: of all nodes or of the same one, from outside and from within.
//
// Upstream: validateServiceExternalTrafficPolicy and its neighbours in pkg/apis/core/validation/validation.go

import { isReachedFromOutside, needsHealthCheck, specOf } from '#api/kinds/core/service/facts.ts'
import { forbidden, invalid, notSupportedInOrder, Path, required } from '#api/meta/field-error.ts'
import { each, type FieldErrors, IS_IMMUTABLE, oneOf } from '#api/meta/validation.ts'
import { isPortNumber } from '#api/meta/validation-formats.ts'
import type { Service } from '#api/types/core.ts'

const SPEC = new Path('spec')
const HEALTH_PORT = SPEC.child('healthCheckNodePort')
const POLICIES = ['Cluster', 'Local']
const DISTRIBUTIONS = ['PreferClose', 'PreferSameZone', 'PreferSameNode']

export function* validateTraffic(service: Service): FieldErrors {
  yield* fromOutside(service)
  yield* healthCheckPort(service)
  const { type, internalTrafficPolicy, trafficDistribution } = specOf(service)
  const path = SPEC.child('internalTrafficPolicy')
  if (internalTrafficPolicy !== undefined) yield* oneOf(path, internalTrafficPolicy, POLICIES)
  else if (type === 'ClusterIP' || type === 'NodePort' || type === 'LoadBalancer') yield required(path)
  if (trafficDistribution !== undefined && !DISTRIBUTIONS.includes(trafficDistribution)) {
    yield notSupportedInOrder(SPEC.child('trafficDistribution'), trafficDistribution, DISTRIBUTIONS)
  }
}

function* fromOutside(service: Service): FieldErrors {
  const { externalTrafficPolicy: policy } = specOf(service)
  const path = SPEC.child('externalTrafficPolicy')
  if (!isReachedFromOutside(service)) {
    if (policy) yield invalid(path, policy, 'may only be set for externally-accessible services')
  } else if (!policy) yield required(path)
  else yield* oneOf(path, policy, POLICIES)
}

function* healthCheckPort(service: Service): FieldErrors {
  const port = specOf(service).healthCheckNodePort ?? 0
  if (!needsHealthCheck(service)) {
    const text = "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'"
    if (port !== 0) yield invalid(HEALTH_PORT, port, text)
  } else if (port === 0) yield required(HEALTH_PORT)
  else yield* each(HEALTH_PORT, port, isPortNumber(port))
}

export function* healthCheckStays(service: Service, old: Service): FieldErrors {
  if (!needsHealthCheck(service) || !needsHealthCheck(old)) return
  const isSame = specOf(service).healthCheckNodePort === specOf(old).healthCheckNodePort
  if (!isSame) yield forbidden(HEALTH_PORT, IS_IMMUTABLE)
}
