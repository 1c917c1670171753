// How Services count: themselves, their load balancers, their node ports. Pure.
//
// Upstream: pkg/quota/v1/evaluator/core/services.go

import { quantityOf } from '#api/meta/quantity.ts'
import { ONE, ZERO } from '#api/quota/amounts.ts'
import type { Evaluator } from '#api/quota/evaluator.ts'
import type { Service } from '#api/types/core.ts'

const COUNT = 'count/services'
const NAMES = [COUNT, 'services', 'services.nodeports', 'services.loadbalancers']

export const serviceEvaluator: Evaluator = {
  handles: ({ operation, subresource }) =>
    subresource === '' && (operation === 'CREATE' || operation === 'UPDATE'),
  matching: (names) => names.filter((name) => NAMES.includes(name)),
  isInScope: () => false,
  usage(object) {
    const service = object as unknown as Service
    return new Map([
      [COUNT, ONE],
      ['services', ONE],
      ['services.loadbalancers', service.spec?.type === 'LoadBalancer' ? ONE : ZERO],
      ['services.nodeports', quantityOf(nodePortCount(service))],
    ])
  },
}

function nodePortCount({ spec }: Service): number {
  const ports = spec?.ports ?? []
  if (spec?.type === 'NodePort') return ports.length
  if (spec?.type !== 'LoadBalancer') return 0
  if (spec.allocateLoadBalancerNodePorts !== false) return ports.length
  return ports.filter((port) => port.nodePort).length
}
