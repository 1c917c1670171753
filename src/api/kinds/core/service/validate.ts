// What a Service may say, type by type, and what an update may change.
//
// Upstream: ValidateServiceCreate, ValidateServiceUpdate in pkg/apis/core/validation/validation.go

import { changeOfAddresses, changeOfFamilies, validateAddresses } from '#api/kinds/core/service/addresses.ts'
import { isHeadless, isLoadBalancer, specOf } from '#api/kinds/core/service/facts.ts'
import { distinctPorts, noNodePorts, validatePorts } from '#api/kinds/core/service/ports.ts'
import { healthCheckStays, validateTraffic } from '#api/kinds/core/service/traffic.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { forbidden, invalid, Path, required } from '#api/meta/field-error.ts'
import { nameIsDNSLabel } from '#api/meta/names.ts'
import { validateLabels } from '#api/meta/object-meta-validation.ts'
import { dnsSubdomain, type FieldErrors, oneOf, qualifiedName } from '#api/meta/validation.ts'
import { endpointIp, legacyCidr, legacyIp } from '#api/meta/validation-ip.ts'
import type { Service, ServiceSpec } from '#api/types/core.ts'

const SPEC = new Path('spec')
const ANNOTATIONS = new Path('metadata').child('annotations')
const CLASS = SPEC.child('loadBalancerClass')

/** The older and the newer name of the same wish. */
export const TOPOLOGY_HINTS = 'service.kubernetes.io/topology-aware-hints'
export const TOPOLOGY_MODE = 'service.kubernetes.io/topology-mode'
const SOURCE_RANGES = 'service.beta.kubernetes.io/load-balancer-source-ranges'

const MAX_AFFINITY_SECONDS = 86_400
const ONLY_LOAD_BALANCER = "may only be used when `type` is 'LoadBalancer'"

export function* validateService(service: Service): FieldErrors {
  yield* namespacedMetadata(service, nameIsDNSLabel)
  yield* validateFields(service, undefined)
}

export function* validateServiceUpdate(service: Service, old: Service): FieldErrors {
  yield* metadataUpdate(service, old)
  yield* changeOfAddresses(service, old)
  yield* changeOfFamilies(service, old)
  yield* loadBalancerClass(service, old)
  yield* healthCheckStays(service, old)
  yield* validateFields(service, old)
}

function* validateFields(service: Service, old: Service | undefined): FieldErrors {
  const spec = specOf(service)
  const { ports = [], type } = spec
  yield* topologyAnnotations(service)
  if (ports.length === 0 && !isHeadless(service) && type !== 'ExternalName')
    yield required(SPEC.child('ports'))
  yield* fieldsOfType(service)
  yield* validatePorts(ports)
  if (spec.selector) yield* validateLabels(spec.selector, SPEC.child('selector'))
  yield* sessionAffinity(spec)
  yield* validateAddresses(service, old)
  yield* externalIPs(spec, old)
  if (!type) yield required(SPEC.child('type'))
  else yield* oneOf(SPEC.child('type'), type, ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'])
  if (type === 'ClusterIP') yield* noNodePorts(ports)
  yield* distinctPorts(ports)
  yield* sourceRanges(service, old)
  if (spec.allocateLoadBalancerNodePorts !== undefined && type !== 'LoadBalancer') {
    yield forbidden(SPEC.child('allocateLoadBalancerNodePorts'), ONLY_LOAD_BALANCER)
  }
  yield* loadBalancerClass(service, undefined)
  yield* validateTraffic(service)
}

function* topologyAnnotations({ metadata }: Service): FieldErrors {
  const hints = metadata?.annotations?.[TOPOLOGY_HINTS]
  const mode = metadata?.annotations?.[TOPOLOGY_MODE]
  if (hints === undefined || mode === undefined || hints === mode) return
  const text = `must match annotations[${TOPOLOGY_HINTS}] when both are specified`
  yield invalid(ANNOTATIONS.key(TOPOLOGY_MODE), mode, text)
}

function* fieldsOfType(service: Service): FieldErrors {
  const { type, clusterIPs = [], ipFamilies = [], ipFamilyPolicy, externalName = '' } = specOf(service)
  if (type === 'LoadBalancer' || type === 'NodePort') {
    if (!isHeadless(service)) return
    const text = `may not be set to 'None' for ${type} services`
    yield invalid(SPEC.child('clusterIPs').index(0), clusterIPs[0], text)
  }
  if (type !== 'ExternalName') return
  const text = 'may not be set for ExternalName services'
  if (clusterIPs.length > 0) yield forbidden(SPEC.child('clusterIPs'), text)
  if (ipFamilies.length > 0) yield forbidden(SPEC.child('ipFamilies'), text)
  if (ipFamilyPolicy !== undefined) yield forbidden(SPEC.child('ipFamilyPolicy'), text)
  const name = externalName.replace(/\.$/, '')
  if (name === '') yield required(SPEC.child('externalName'))
  else yield* dnsSubdomain(SPEC.child('externalName'), name)
}

function* sessionAffinity({
  sessionAffinity: affinity,
  sessionAffinityConfig: config,
}: ServiceSpec): FieldErrors {
  const path = SPEC.child('sessionAffinityConfig')
  if (!affinity) yield required(SPEC.child('sessionAffinity'))
  else yield* oneOf(SPEC.child('sessionAffinity'), affinity, ['ClientIP', 'None'])
  if (affinity === 'None' && config) {
    yield forbidden(path, 'must not be set when session affinity is None')
  }
  if (affinity !== 'ClientIP') return
  const text = 'when session affinity type is ClientIP'
  const seconds = config?.clientIP?.timeoutSeconds
  const at = path.child('clientIP', 'timeoutSeconds')
  if (!config) yield required(path, text)
  else if (!config.clientIP) yield required(path.child('clientIP'), text)
  else if (seconds === undefined) yield required(at, text)
  else if (seconds <= 0 || seconds > MAX_AFFINITY_SECONDS) {
    yield invalid(at, seconds, `must be greater than 0 and less than ${MAX_AFFINITY_SECONDS}`)
  }
}

function* externalIPs(spec: ServiceSpec, old: Service | undefined): FieldErrors {
  const existing = (old && specOf(old).externalIPs) ?? []
  for (const [i, address] of (spec.externalIPs ?? []).entries()) {
    const path = SPEC.child('externalIPs').index(i)
    const wrong = [...legacyIp(path, address, existing)]
    yield* wrong
    if (wrong.length === 0) yield* endpointIp(path, address)
  }
}

/** Who may use the load balancer: a field, or the annotation that it comes from. */
function* sourceRanges(service: Service, old: Service | undefined): FieldErrors {
  const { loadBalancerSourceRanges: ranges = [] } = specOf(service)
  const annotation = service.metadata?.annotations?.[SOURCE_RANGES]
  if (ranges.length > 0) {
    const path = SPEC.child('LoadBalancerSourceRanges')
    if (!isLoadBalancer(service)) yield forbidden(path, ONLY_LOAD_BALANCER)
    const existing = ((old && specOf(old).loadBalancerSourceRanges) ?? []).map((range) => range.trim())
    for (const [i, range] of ranges.entries()) yield* legacyCidr(path.index(i), range.trim(), existing)
  } else if (annotation !== undefined) {
    const path = ANNOTATIONS.key(SOURCE_RANGES)
    if (!isLoadBalancer(service)) yield forbidden(path, ONLY_LOAD_BALANCER)
    if (old?.metadata?.annotations?.[SOURCE_RANGES] === annotation || annotation.trim() === '') return
    for (const range of annotation.trim().split(',')) yield* legacyCidr(path, range.trim())
  }
}

function* loadBalancerClass(service: Service, old: Service | undefined): FieldErrors {
  const name = specOf(service).loadBalancerClass
  if (old && isLoadBalancer(old) && isLoadBalancer(service) && name !== specOf(old).loadBalancerClass) {
    yield invalid(CLASS, name, 'may not change once set')
  }
  if (name === undefined) return
  if (isLoadBalancer(service)) yield* qualifiedName(CLASS, name)
  else yield forbidden(CLASS, ONLY_LOAD_BALANCER)
}
