// Cluster IPs: an address is given out by creating its IPAddress object, which can exist only once.
//
// The store decides who was first, so two API servers need no lock between them. Which ranges there are comes from the
// ServiceCIDR objects; the configured one counts from the beginning, since the very first Service needs it.
// Upstream: pkg/registry/core/service/ipallocator/{cidrallocator,ipallocator}.go

import { isAlreadyExists, isNotFound } from '#api/meta/status.ts'
import { ipAddresses, serviceCIDRs } from '#api/resources.ts'
import type { Service } from '#api/types/core.ts'
import type { ServiceCIDR } from '#api/types/networking.ts'
import type { ServerAccess } from '#apiserver/access.ts'
import {
  candidates,
  contains,
  familyOf,
  formatAddress,
  type IPFamily,
  type IPRange,
  isUsable,
  parseRange,
} from '#apiserver/allocators/ip-range.ts'

/** Why an address cannot be had, in the words that a client sees. */
export class AllocationError extends Error {
  readonly isFull: boolean
  constructor(message: string, isFull = false) {
    super(message)
    this.name = 'AllocationError'
    this.isFull = isFull
  }
}

export interface ClusterIPs {
  /** The configured families, the first is the default. */
  readonly families: readonly IPFamily[]
  /** Takes one address; throws AllocationError. */
  allocate(address: string, service: Service, dryRun: boolean): Promise<void>
  /** Takes a free address and gives it; throws AllocationError. A dry run gives the range's own address. */
  allocateNext(family: IPFamily, service: Service, dryRun: boolean): Promise<string>
  /** Gives an address back; absent ones are no error. */
  release(address: string): Promise<void>
}

export const MANAGED_BY_LABEL = 'ipaddress.kubernetes.io/managed-by'
export const MANAGER = 'ipallocator.k8s.io'
const FAMILY_LABEL = 'ipaddress.kubernetes.io/ip-family'

/** `configured`: the server's own ranges, the default family first. */
export function clusterIPs(access: ServerAccess, configured: readonly string[]): ClusterIPs {
  const { client, random } = access
  const known = access.informers.informer(ipAddresses)
  const objects = access.informers.informer(serviceCIDRs)
  const own = configured.map(parseRange)
  const parsed = new Map<string, IPRange>(own.map((range) => [range.cidr, range]))

  /** Ranges that addresses may be taken from. */
  function readyRanges(): readonly IPRange[] {
    const found = new Map<string, IPRange>(own.map((range) => [range.cidr, range]))
    for (const object of objects.list()) {
      if (!isReady(object)) continue
      for (const cidr of object.spec?.cidrs ?? []) {
        const range = parsed.get(cidr) ?? parseRange(cidr)
        parsed.set(cidr, range)
        found.set(cidr, range)
      }
    }
    return [...found.values()]
  }

  async function take(address: string, service: Service): Promise<boolean> {
    const { namespace = '', name = '' } = service.metadata ?? {}
    try {
      await client.resource(ipAddresses).create({
        apiVersion: 'networking.k8s.io/v1',
        kind: 'IPAddress',
        metadata: {
          name: address,
          labels: { [FAMILY_LABEL]: familyOf(address) ?? '', [MANAGED_BY_LABEL]: MANAGER },
        },
        spec: { parentRef: { resource: 'services', namespace, name } },
      })
      return true
    } catch (error) {
      if (isAlreadyExists(error)) return false
      throw error
    }
  }

  return {
    families: [...new Set(own.map((range) => range.family))],
    async allocate(address, service, dryRun) {
      const range = readyRanges().find((candidate) => contains(candidate, address))
      if (!range) throw new AllocationError('the provided network does not match the current range')
      if (!isUsable(range, address)) {
        throw new AllocationError(
          `the provided IP (${address}) is not in the valid range. The range of valid IPs is ${range.cidr}`,
        )
      }
      if (!dryRun && !(await take(address, service)))
        throw new AllocationError('provided IP is already allocated')
    },
    async allocateNext(family, service, dryRun) {
      const ranges = readyRanges().filter((range) => range.family === family)
      if (dryRun && ranges[0]) return formatAddress(ranges[0].first - 1n, family)
      for (const range of ranges) {
        for (const address of candidates(range, () => random.next())) {
          if (!known.get(address) && (await take(address, service))) return address
        }
      }
      throw new AllocationError('range is full', true)
    },
    async release(address) {
      try {
        await client.resource(ipAddresses).delete('', address)
      } catch (error) {
        if (!isNotFound(error)) throw error
      }
    },
  }
}

function isReady(object: ServiceCIDR): boolean {
  const ready = object.status?.conditions?.find((condition) => condition.type === 'Ready')
  return object.metadata?.deletionTimestamp === undefined && ready?.status === 'True'
}
