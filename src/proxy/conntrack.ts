// Connections that the kernel remembers to endpoints that are gone.
//
// TCP notices by itself; a UDP "connection" is only a memory in the kernel, and a client that goes on sending
// keeps it alive, to an endpoint that is no more. So it is deleted when its endpoint goes, and when a port
// that had none gets its first. Upstream: pkg/proxy/conntrack

import type { ProxiedPort } from '#proxy/service-ports.ts'
import type { Logger } from '#sys/log.ts'
import { tryRun } from '#sys/process.ts'

/** What to forget: all flows to an address and port, or only those that were sent on to one endpoint. */
export interface StaleFlow {
  readonly destination: string
  /** 0: a node port, on whatever address. */
  readonly port: number
  readonly isNodePort: boolean
  /** Absent: flows that were never sent on. */
  readonly endpoint?: string
}

/** The flows to forget when a service's ports change from `before` to `after`. Pure. */
export function staleFlows(
  before: readonly ProxiedPort[],
  after: readonly ProxiedPort[],
): readonly StaleFlow[] {
  const flows: StaleFlow[] = []
  for (const port of [
    ...before,
    ...after.filter((candidate) => !before.some((old) => old.id === candidate.id)),
  ]) {
    if (port.protocol !== 'udp') continue
    const now = after.find((candidate) => candidate.id === port.id)
    const old = before.find((candidate) => candidate.id === port.id)
    const addressesNow = new Set(
      [...(now?.internal ?? []), ...(now?.external ?? [])].map((endpoint) => endpoint.ip),
    )
    const addressesThen = new Set(
      [...(old?.internal ?? []), ...(old?.external ?? [])].map((endpoint) => endpoint.ip),
    )
    for (const ip of addressesThen) if (!addressesNow.has(ip)) flows.push(...flowsTo(port, ip))
    if (addressesThen.size === 0 && addressesNow.size > 0 && now) flows.push(...flowsTo(now, undefined))
  }
  return flows
}

function flowsTo(port: ProxiedPort, endpoint: string | undefined): StaleFlow[] {
  const to = endpoint === undefined ? {} : { endpoint }
  const addresses = [port.clusterIP, ...port.externalIPs, ...port.loadBalancerIPs]
  return [
    ...addresses.map((destination) => ({ destination, port: port.port, isNodePort: false, ...to })),
    ...(port.nodePort > 0 ? [{ destination: '', port: port.nodePort, isNodePort: true, ...to }] : []),
  ]
}

/** Deletes them; that none was found is the usual case and no error. */
export async function clearStaleFlows(flows: readonly StaleFlow[], log: Logger): Promise<void> {
  for (const flow of flows) {
    const args = ['-D', '-p', 'udp', '--orig-port-dst', String(flow.port)]
    if (!flow.isNodePort) args.push('--orig-dst', flow.destination)
    if (flow.endpoint !== undefined) args.push('--dst-nat', flow.endpoint)
    const result = await tryRun('conntrack', args, { timeoutMs: 10_000 })
    const isNothingFound = result.stderr.includes('0 flow entries have been deleted')
    if (result.code !== 0 && !isNothingFound)
      log.warn({ ...flow, error: result.stderr }, 'stale connections were not deleted')
  }
}
