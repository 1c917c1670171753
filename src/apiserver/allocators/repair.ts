// Brings allocations and services back together after crashes and after changes behind the server's back.
//
// What a service holds is allocated; what nobody holds is given back, but only when it was so twice in a row some
// minutes apart: in between another server may be writing the service that it belongs to. Everything is read from
// informers, so a round without drift costs the API nothing.
// Upstream: pkg/registry/core/service/{ipallocator,portallocator}/controller

import { ipAddresses, services } from '#api/resources.ts'
import type { Service } from '#api/types/core.ts'
import type { IPAddress } from '#api/types/networking.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import {
  AllocationError,
  type ClusterIPs,
  MANAGED_BY_LABEL,
  MANAGER,
} from '#apiserver/allocators/cluster-ips.ts'
import type { NodePorts } from '#apiserver/allocators/node-ports.ts'
import { addressesOf } from '#apiserver/allocators/service-addresses.ts'
import { needsHealthCheckPort, nodePortsOf } from '#apiserver/allocators/service-ports.ts'

const PERIOD_MS = 3 * 60 * 1000

export interface Drift {
  /** Addresses that services hold and nobody allocated, each with its service. */
  readonly missingAddresses: readonly { readonly address: string; readonly service: Service }[]
  readonly missingPorts: readonly number[]
  /** Allocated, and held by nobody. */
  readonly lostAddresses: readonly string[]
  readonly lostPorts: readonly number[]
}

/** Pure: compares what is held with what is allocated. */
export function findDrift(
  held: readonly Service[],
  addresses: readonly IPAddress[],
  ports: readonly number[],
): Drift {
  const heldAddresses = new Map(
    held.flatMap((service) => addressesOf(service).map((address) => [address, service])),
  )
  const heldPorts = new Set(held.flatMap(portsOf))
  const managed = addresses.filter((object) => object.metadata?.labels?.[MANAGED_BY_LABEL] === MANAGER)
  const allocated = new Set(addresses.map((object) => object.metadata?.name ?? ''))
  const allocatedPorts = new Set(ports)
  return {
    missingAddresses: [...heldAddresses]
      .filter(([address]) => !allocated.has(address))
      .map(([address, service]) => ({ address, service })),
    missingPorts: [...heldPorts].filter((port) => !allocatedPorts.has(port)),
    lostAddresses: managed
      .map((object) => object.metadata?.name ?? '')
      .filter((address) => !heldAddresses.has(address)),
    lostPorts: ports.filter((port) => !heldPorts.has(port)),
  }
}

function portsOf(service: Service): readonly number[] {
  const health = needsHealthCheckPort(service) ? service.spec?.healthCheckNodePort : undefined
  return [...nodePortsOf(service), ...(health ? [health] : [])]
}

export interface Repair {
  /** Runs a first round at once, and further ones until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>
}

/** To be made before the informers start. */
export function repairAllocations(access: ServerAccess, addresses: ClusterIPs, ports: NodePorts): Repair {
  const { informers, clock, log } = access
  const known = { services: informers.informer(services), addresses: informers.informer(ipAddresses) }
  let suspects: Drift | undefined

  async function round(): Promise<void> {
    const drift = findDrift(known.services.list(), known.addresses.list(), await ports.taken())
    for (const { address, service } of drift.missingAddresses) {
      try {
        await addresses.allocate(address, service, false)
      } catch (error) {
        // Taken by somebody in the meantime, or outside of all ranges: nothing to be done here.
        if (!(error instanceof AllocationError)) throw error
      }
    }
    await ports.adopt(drift.missingPorts)
    const lostAddresses = drift.lostAddresses.filter((address) => suspects?.lostAddresses.includes(address))
    const lostPorts = drift.lostPorts.filter((port) => suspects?.lostPorts.includes(port))
    suspects = drift
    for (const address of lostAddresses) await addresses.release(address)
    await ports.release(lostPorts)
    if (lostAddresses.length + lostPorts.length > 0) {
      log.info({ addresses: lostAddresses, ports: lostPorts }, 'gave back what no service holds')
    }
  }

  return {
    async run(signal) {
      while (!signal.aborted) {
        try {
          await round()
        } catch (error) {
          if (!signal.aborted) log.warn({ error: String(error) }, 'could not repair allocations')
        }
        await clock.sleep(PERIOD_MS, signal).catch(() => undefined)
      }
    },
  }
}
