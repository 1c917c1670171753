// What the registry of services calls around each write, so that addresses and ports are given out and taken back.
//
// An allocation is a step of the write: it happens before the object is stored, is kept when that succeeds (`finish`),
// and is undone when it fails (`revert`). A crash between the two leaves only something that repair.ts takes back.
// Upstream: pkg/registry/core/service/storage/{alloc,storage}.go

import type { JsonObject } from '#api/meta/object.ts'
import { invalid } from '#api/meta/status.ts'
import type { Service } from '#api/types/core.ts'
import type { ClusterIPs } from '#apiserver/allocators/cluster-ips.ts'
import type { NodePorts, PortOperation } from '#apiserver/allocators/node-ports.ts'
import {
  type AddressChange,
  addressesOf,
  assignAddresses,
  reassignAddresses,
} from '#apiserver/allocators/service-addresses.ts'
import {
  decideFamilies,
  isExternalName,
  normalizeClusterIPs,
  type ServiceDraft,
} from '#apiserver/allocators/service-families.ts'
import {
  assignPorts,
  keepPorts,
  needsHealthCheckPort,
  nodePortsOf,
  reassignPorts,
} from '#apiserver/allocators/service-ports.ts'
import type { Logger } from '#sys/log.ts'

/** The outcome of an allocation; exactly one of the two is called. */
export interface Allocation {
  /** The object was stored: give back what it no longer uses. */
  finish(): Promise<void>
  /** The object was not stored: give back what it would have used. */
  revert(): Promise<void>
}

export interface ServiceHooks {
  /** Sets IP families, cluster IPs and node ports of a draft that is about to be created. Throws StatusError. */
  beginCreate(draft: JsonObject, dryRun: boolean): Promise<Allocation>
  /** The same for an update, whatever way the type changes. */
  beginUpdate(draft: JsonObject, old: JsonObject, dryRun: boolean): Promise<Allocation>
  /** The object is gone from the store. */
  afterDelete(object: JsonObject): Promise<void>
}

export interface ServiceHookDependencies {
  readonly addresses: ClusterIPs
  readonly ports: NodePorts
  readonly log: Logger
}

export function serviceHooks(dependencies: ServiceHookDependencies): ServiceHooks {
  const { addresses, ports, log } = dependencies

  /** What cannot be given back now is given back by the repair; the write itself has succeeded or failed already. */
  async function releaseAddresses(list: readonly string[]): Promise<void> {
    for (const address of list) {
      try {
        await addresses.release(address)
      } catch (error) {
        log.warn({ address, error: String(error) }, 'could not give a cluster IP back')
      }
    }
  }

  async function releasePorts(operation: () => Promise<void>): Promise<void> {
    try {
      await operation()
    } catch (error) {
      log.warn({ error: String(error) }, 'could not give node ports back')
    }
  }

  function allocation(change: AddressChange, operation: PortOperation, dryRun: boolean): Allocation {
    return {
      async finish() {
        if (!dryRun) await releaseAddresses(change.released)
        await releasePorts(() => operation.commit())
      },
      async revert() {
        if (!dryRun) await releaseAddresses(change.allocated)
        await releasePorts(() => operation.revert())
      },
    }
  }

  /** Addresses first, then ports; when a port cannot be had, the addresses are given back. */
  async function begin(
    dryRun: boolean,
    takeAddresses: () => Promise<AddressChange>,
    takePorts: (operation: PortOperation) => Promise<void>,
  ): Promise<Allocation> {
    const change = await takeAddresses()
    const operation = ports.begin(dryRun)
    const result = allocation(change, operation, dryRun)
    try {
      await takePorts(operation)
    } catch (error) {
      await result.revert()
      throw error
    }
    return result
  }

  return {
    async beginCreate(object, dryRun) {
      const draft = draftOf(object)
      normalizeClusterIPs(draft, undefined)
      throwIfAny(draft, decideFamilies(draft, undefined, addresses.families))
      return begin(
        dryRun,
        () => assignAddresses(draft, addresses, dryRun),
        (operation) => assignPorts(draft, operation),
      )
    },
    async beginUpdate(object, oldObject, dryRun) {
      const draft = draftOf(object)
      const old = oldObject as unknown as Service
      keepAddresses(draft, old)
      keepPorts(draft, old)
      normalizeClusterIPs(draft, old)
      throwIfAny(draft, decideFamilies(draft, old, addresses.families))
      return begin(
        dryRun,
        () => reassignAddresses(draft, old, addresses, dryRun),
        (operation) => reassignPorts(draft, old, operation),
      )
    },
    async afterDelete(object) {
      const service = object as unknown as Service
      await releaseAddresses(addressesOf(service))
      const health = needsHealthCheckPort(service) ? (service.spec?.healthCheckNodePort ?? 0) : 0
      await releasePorts(() => ports.release([...nodePortsOf(service), ...(health ? [health] : [])]))
    },
  }
}

function draftOf(object: JsonObject): ServiceDraft {
  object['spec'] ??= {}
  return object as unknown as ServiceDraft
}

function throwIfAny(draft: ServiceDraft, errors: Parameters<typeof invalid>[3]): void {
  if (errors.length > 0) throw invalid('', 'Service', draft.metadata?.name ?? '', errors)
}

/** Values that the server gave and the client left out stay as they were. */
function keepAddresses(draft: ServiceDraft, old: Service): void {
  if (isExternalName(draft) || isExternalName(old)) return
  const { spec } = draft
  if (!spec.clusterIP && old.spec?.clusterIP) spec.clusterIP = old.spec.clusterIP
  if (!spec.clusterIPs?.length && old.spec?.clusterIPs?.length) spec.clusterIPs = [...old.spec.clusterIPs]
}
