// What is allowed in a Service but hardly meant. Upstream: pkg/api/service/warnings.go

import { NO_ADDRESS, specOf } from '#api/kinds/core/service/facts.ts'
import { TOPOLOGY_HINTS, TOPOLOGY_MODE } from '#api/kinds/core/service/validate.ts'
import { Path } from '#api/meta/field-error.ts'
import { warningsForCidr, warningsForIp } from '#api/meta/validation-ip.ts'
import type { Service } from '#api/types/core.ts'

type Warnings = Generator<string, void, undefined>

const SPEC = new Path('spec')

export function* serviceWarnings(service: Service): Warnings {
  const { type, clusterIP, clusterIPs = [], externalIPs = [], ...spec } = specOf(service)
  if (service.metadata?.annotations?.[TOPOLOGY_HINTS] !== undefined) {
    yield `annotation ${TOPOLOGY_HINTS} is deprecated, please use ${TOPOLOGY_MODE} instead`
  }
  if (clusterIP && clusterIP !== NO_ADDRESS) yield* ofAddresses('clusterIPs', clusterIPs)
  const isHeadless = type === 'ClusterIP' && clusterIP === NO_ADDRESS
  if (isHeadless) yield* headlessWarnings(service)
  yield* ofAddresses('externalIPs', externalIPs)
  if (externalIPs.length > 0 && !isHeadless && type !== 'ExternalName') {
    yield 'spec.externalIPs is deprecated and may no longer be implemented in some clusters'
  }
  if (spec.loadBalancerIP) yield* warningsForIp(SPEC.child('loadBalancerIP'), spec.loadBalancerIP)
  for (const [i, range] of (spec.loadBalancerSourceRanges ?? []).entries()) {
    yield* warningsForCidr(SPEC.child('loadBalancerSourceRanges').index(i), range)
  }
  if (type === 'ExternalName' && externalIPs.length > 0) {
    yield 'spec.externalIPs is ignored when spec.type is "ExternalName"'
  }
  if (type !== 'ExternalName' && spec.externalName) {
    yield 'spec.externalName is ignored when spec.type is not "ExternalName"'
  }
  if (spec.trafficDistribution === 'PreferClose') {
    yield 'spec.trafficDistribution: "PreferClose" is deprecated; use "PreferSameZone"'
  }
}

function* ofAddresses(name: string, addresses: readonly string[]): Warnings {
  for (const [i, address] of addresses.entries()) yield* warningsForIp(SPEC.child(name).index(i), address)
}

function* headlessWarnings(service: Service): Warnings {
  const { loadBalancerIP, externalIPs = [], sessionAffinity } = specOf(service)
  if (loadBalancerIP) yield 'spec.loadBalancerIP is ignored for headless services'
  if (externalIPs.length > 0) yield 'spec.externalIPs is ignored for headless services'
  if (sessionAffinity !== 'None') yield 'spec.SessionAffinity is ignored for headless services'
}
