// Node ports of a Service: which it needs, which it has, which it is given.
//
// Ports with the same number but different protocols (DNS over TCP and UDP) share one node port. Upstream:
// pkg/registry/core/service/storage/alloc.go (initNodePorts, updateNodePorts, *HealthCheckNodePort)

import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import { internalError, invalid } from '#api/meta/status.ts'
import type { Service } from '#api/types/core.ts'
import { AllocationError } from '#apiserver/allocators/cluster-ips.ts'
import type { PortOperation } from '#apiserver/allocators/node-ports.ts'
import type { ServiceDraft } from '#apiserver/allocators/service-families.ts'

const PORTS = new Path('spec').child('ports')

export function exposesNodePorts(service: Service): boolean {
  return service.spec?.type === 'NodePort' || service.spec?.type === 'LoadBalancer'
}

/** Whether ports are given where none was asked for. */
export function allocatesNodePorts(service: Service): boolean {
  const { type, allocateLoadBalancerNodePorts = true } = service.spec ?? {}
  return type === 'NodePort' || (type === 'LoadBalancer' && allocateLoadBalancerNodePorts)
}

export function needsHealthCheckPort(service: Service): boolean {
  return service.spec?.type === 'LoadBalancer' && service.spec.externalTrafficPolicy === 'Local'
}

export function nodePortsOf(service: Service): readonly number[] {
  return (service.spec?.ports ?? []).flatMap((port) => (port.nodePort ? [port.nodePort] : []))
}

/** Ports of a new Service. */
export async function assignPorts(draft: ServiceDraft, operation: PortOperation): Promise<void> {
  if (exposesNodePorts(draft)) await assignNodePorts(draft, operation)
  if (needsHealthCheckPort(draft)) await assignHealthCheckPort(draft, operation)
}

async function assignNodePorts(draft: ServiceDraft, operation: PortOperation): Promise<void> {
  const ports = draft.spec.ports ?? []
  const chosen = new Map<number, number>()
  for (const [index, port] of ports.entries()) {
    if (!port.nodePort && !allocatesNodePorts(draft)) continue
    const shared = chosen.get(port.port)
    if (shared !== undefined) {
      if (!port.nodePort) port.nodePort = shared
      else if (port.nodePort !== shared) await allocateOne(draft, operation, index, port.nodePort)
      continue
    }
    const asked = ports.find((other) => other.port === port.port && other.nodePort)?.nodePort
    if (asked) await allocateOne(draft, operation, index, asked)
    port.nodePort = asked ?? (await allocateAny(operation))
    chosen.set(port.port, port.nodePort)
  }
}

/** Ports of a changed Service: what it keeps is kept, what is gone is given back after the write. */
export async function reassignPorts(
  draft: ServiceDraft,
  old: Service,
  operation: PortOperation,
): Promise<void> {
  const before = nodePortsOf(old)
  if (exposesNodePorts(draft)) {
    const own = new Set<number>(before)
    for (const [index, port] of (draft.spec.ports ?? []).entries()) {
      if (!port.nodePort) {
        if (allocatesNodePorts(draft)) port.nodePort = await allocateAny(operation)
      } else if (!own.has(port.nodePort)) {
        await allocateOne(draft, operation, index, port.nodePort)
        own.add(port.nodePort)
      }
    }
    const now = new Set(nodePortsOf(draft))
    for (const port of before) if (!now.has(port)) operation.releaseLater(port)
  } else if (exposesNodePorts(old)) for (const port of before) operation.releaseLater(port)

  if (needsHealthCheckPort(draft) && !needsHealthCheckPort(old)) await assignHealthCheckPort(draft, operation)
  if (!needsHealthCheckPort(draft) && needsHealthCheckPort(old) && old.spec?.healthCheckNodePort) {
    operation.releaseLater(old.spec.healthCheckNodePort)
  }
}

async function allocateOne(
  draft: ServiceDraft,
  operation: PortOperation,
  index: number,
  port: number,
): Promise<void> {
  try {
    await operation.allocate(port)
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    const field = invalidField(PORTS.index(index).child('nodePort'), port, error.message)
    throw invalid('', 'Service', draft.metadata?.name ?? '', [field])
  }
}

async function allocateAny(operation: PortOperation): Promise<number> {
  try {
    return await operation.allocateNext()
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    throw internalError(new Error(`failed to allocate a nodePort: ${error.message}`, { cause: error }))
  }
}

async function assignHealthCheckPort(draft: ServiceDraft, operation: PortOperation): Promise<void> {
  const { spec } = draft
  try {
    if (spec.healthCheckNodePort) await operation.allocate(spec.healthCheckNodePort)
    else spec.healthCheckNodePort = await operation.allocateNext()
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    const asked = spec.healthCheckNodePort ?? 0
    const what = asked ? `requested HealthCheck NodePort ${asked}` : `a HealthCheck NodePort ${asked}`
    throw internalError(new Error(`failed to allocate ${what}: ${error.message}`, { cause: error }))
  }
}

/** Values that the server gave and the client left out stay as they were. */
export function keepPorts(draft: ServiceDraft, old: Service): void {
  if (allocatesNodePorts(old) && allocatesNodePorts(draft)) {
    const now = new Set(nodePortsOf(draft))
    const shared = new Set(nodePortsOf(old).filter((port) => now.has(port)))
    const byName = new Map((old.spec?.ports ?? []).map((port) => [port.name ?? '', port.nodePort]))
    for (const port of draft.spec.ports ?? []) {
      const known = byName.get(port.name ?? '')
      if (!port.nodePort && known && !shared.has(known)) port.nodePort = known
    }
  }
  if (needsHealthCheckPort(old) && needsHealthCheckPort(draft) && !draft.spec.healthCheckNodePort) {
    if (old.spec?.healthCheckNodePort) draft.spec.healthCheckNodePort = old.spec.healthCheckNodePort
  }
}
