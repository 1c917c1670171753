// A Service that changes its type: what only the old type could have goes, unless the client changed it as well.
//
// So `kubectl patch` of the type alone succeeds. Upstream: dropTypeDependentFields in
// pkg/registry/core/service/strategy.go

import {
  hasNodePorts,
  isExternalName,
  isLoadBalancer,
  isReachedFromOutside,
  needsHealthCheck,
  specOf,
} from '#api/kinds/core/service/facts.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import type { Service, ServiceSpec } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export function dropFieldsOfOldType(draft: Draft<Service>, old: Service): void {
  const spec = draft.spec ?? {}
  const before = specOf(old)
  const dropIfSame = (...names: readonly (keyof ServiceSpec)[]): void => {
    if (!names.every((name) => semanticEqual(spec[name], before[name]))) return
    for (const name of names) delete spec[name]
  }
  if (!isExternalName(old) && isExternalName(draft)) {
    dropIfSame('clusterIP', 'clusterIPs')
    dropIfSame('ipFamilies')
    dropIfSame('ipFamilyPolicy')
  }
  if (hasNodePorts(old) && !hasNodePorts(draft) && addsNoNodePort(spec, before)) {
    for (const port of spec.ports ?? []) delete port.nodePort
  }
  if (needsHealthCheck(old) && !needsHealthCheck(draft)) dropIfSame('healthCheckNodePort')
  if (isLoadBalancer(old) && !isLoadBalancer(draft)) {
    dropIfSame('allocateLoadBalancerNodePorts')
    dropIfSame('loadBalancerClass')
  }
  if (isReachedFromOutside(old) && !isReachedFromOutside(draft)) dropIfSame('externalTrafficPolicy')
  if (!isLoadBalancer(draft)) draft.status = { ...draft.status, loadBalancer: {} }
}

/** A name from outside has no traffic of its own. A wrong value stays, so that validation finds it. */
export function dropInternalPolicy(draft: Draft<Service>): void {
  const policy = specOf(draft).internalTrafficPolicy
  if (isExternalName(draft) && (policy === 'Cluster' || policy === 'Local')) {
    delete draft.spec?.internalTrafficPolicy
  }
}

function addsNoNodePort(spec: ServiceSpec, old: ServiceSpec): boolean {
  const before = new Set((old.ports ?? []).map(({ nodePort }) => nodePort))
  return (spec.ports ?? []).every(({ nodePort }) => !nodePort || before.has(nodePort))
}
