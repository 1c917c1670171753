// What `kubectl get services` shows. Upstream: printService in pkg/printers/internalversion/printers.go

import { ageColumn, column, field, formatLabelMap, nameColumn, wide } from '#api/kinds/columns.ts'
import { specOf } from '#api/kinds/core/service/facts.ts'
import type { Column } from '#api/kinds/kind.ts'
import type { Service, ServicePort } from '#api/types/core.ts'

const ofSpec = (name: string) => field('core.v1.ServiceSpec', name)

export const serviceColumns: readonly Column<Service>[] = [
  nameColumn(),
  column('Type', ofSpec('type'), (service) => specOf(service).type ?? ''),
  column('Cluster-IP', ofSpec('clusterIP'), (service) => specOf(service).clusterIPs?.[0] ?? '<none>'),
  column('External-IP', ofSpec('externalIPs'), externalAddress),
  column('Port(s)', ofSpec('ports'), (service) => portsText(specOf(service).ports ?? [])),
  ageColumn(),
  column('Selector', ofSpec('selector'), (service) => formatLabelMap(specOf(service).selector), wide),
]

function externalAddress(service: Service): string {
  const { type, externalIPs = [], externalName = '' } = specOf(service)
  if (type === 'ExternalName') return externalName
  if (type === 'LoadBalancer') {
    return [...loadBalancerAddresses(service), ...externalIPs].join(',') || '<pending>'
  }
  if (type === 'ClusterIP' || type === 'NodePort') return externalIPs.join(',') || '<none>'
  return '<unknown>'
}

function loadBalancerAddresses(service: Service): string[] {
  const points = service.status?.loadBalancer?.ingress ?? []
  return [...new Set(points.map(({ ip, hostname }) => ip || hostname || ''))].filter(Boolean).sort()
}

/** `80/TCP`, with a node port `80:30080/TCP`. */
const portsText = (ports: readonly ServicePort[]): string =>
  ports
    .map(({ port, nodePort, protocol }) => `${port}${nodePort ? `:${nodePort}` : ''}/${protocol}`)
    .join(',') || '<none>'
