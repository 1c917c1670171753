// What a Service gets that says less than it could. Upstream: SetDefaults_Service in pkg/apis/core/v1/defaults.go

import type { Service } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const AFFINITY_SECONDS = 10_800

type Spec = NonNullable<Draft<Service>['spec']>

export function defaultService(draft: Draft<Service>): void {
  draft.spec ??= {}
  const { spec } = draft
  defaultAffinity(spec)
  spec.type ||= 'ClusterIP'
  for (const port of spec.ports ?? []) {
    port.protocol ||= 'TCP'
    if (!port.targetPort) port.targetPort = port.port
  }
  const isOutside = spec.type === 'NodePort' || spec.type === 'LoadBalancer'
  if (isOutside || (spec.type === 'ClusterIP' && (spec.externalIPs?.length ?? 0) > 0)) {
    spec.externalTrafficPolicy ||= 'Cluster'
  }
  if (isOutside || spec.type === 'ClusterIP') spec.internalTrafficPolicy ??= 'Cluster'
  if (spec.type !== 'LoadBalancer') return
  spec.allocateLoadBalancerNodePorts ??= true
  for (const ingress of draft.status?.loadBalancer?.ingress ?? []) if (ingress.ip) ingress.ipMode ??= 'VIP'
}

function defaultAffinity(spec: Spec): void {
  spec.sessionAffinity ||= 'None'
  if (spec.sessionAffinity === 'None') delete spec.sessionAffinityConfig
  if (spec.sessionAffinity !== 'ClientIP') return
  if (spec.sessionAffinityConfig?.clientIP?.timeoutSeconds !== undefined) return
  spec.sessionAffinityConfig = { clientIP: { timeoutSeconds: AFFINITY_SECONDS } }
}
