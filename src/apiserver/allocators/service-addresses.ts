// Cluster IPs of a Service: taken for a new one, taken or given back when its type or its families change.
//
// Upstream: pkg/registry/core/service/storage/alloc.go (allocClusterIPs, updateClusterIPs, releaseClusterIPs)

import { invalid as invalidField, Path } from '#api/meta/field-error.ts'
import { internalError, invalid } from '#api/meta/status.ts'
import type { Service } from '#api/types/core.ts'
import { AllocationError, type ClusterIPs } from '#apiserver/allocators/cluster-ips.ts'
import type { IPFamily } from '#apiserver/allocators/ip-range.ts'
import {
  isExternalName,
  isHeadless,
  keepsPreferDualStack,
  type ServiceDraft,
} from '#apiserver/allocators/service-families.ts'

export interface AddressChange {
  readonly allocated: readonly string[]
  /** To be given back when the write has succeeded. */
  readonly released: readonly string[]
}

const NOTHING: AddressChange = { allocated: [], released: [] }
const CLUSTER_IPS = new Path('spec').child('clusterIPs')

/** Takes addresses for all families of a draft; gives back what it took before it throws. */
export async function assignAddresses(
  draft: ServiceDraft,
  allocator: ClusterIPs,
  dryRun: boolean,
): Promise<AddressChange> {
  if (isExternalName(draft) || isHeadless(draft)) return NOTHING
  return { allocated: await allocateFrom(draft, 0, allocator, dryRun), released: [] }
}

export async function reassignAddresses(
  draft: ServiceDraft,
  old: Service,
  allocator: ClusterIPs,
  dryRun: boolean,
): Promise<AddressChange> {
  if (keepsPreferDualStack(draft, old)) return NOTHING
  if (isExternalName(old)) return assignAddresses(draft, allocator, dryRun)
  if (isHeadless(old)) return NOTHING
  if (isExternalName(draft)) return { allocated: [], released: addressesOf(old) }
  const [before, now] = [old.spec?.ipFamilies?.length ?? 0, draft.spec.ipFamilies?.length ?? 0]
  if (before === 1 && now === 2)
    return { allocated: await allocateFrom(draft, 1, allocator, dryRun), released: [] }
  if (before === 2 && now === 1) return { allocated: [], released: addressesOf(old).slice(1) }
  return NOTHING
}

export function addressesOf(service: Service): readonly string[] {
  if (isExternalName(service) || isHeadless(service)) return []
  return service.spec?.clusterIPs ?? []
}

async function allocateFrom(
  draft: ServiceDraft,
  start: number,
  allocator: ClusterIPs,
  dryRun: boolean,
): Promise<readonly string[]> {
  const { spec } = draft
  const allocated: string[] = []
  const addresses = [...(spec.clusterIPs ?? [])]
  try {
    for (const [index, family] of (spec.ipFamilies ?? []).entries()) {
      if (index < start) continue
      const address = await allocateOne(draft, addresses[index], family as IPFamily, allocator, dryRun)
      allocated.push(address)
      addresses[index] = address
    }
  } catch (error) {
    if (!dryRun) await Promise.all(allocated.map((address) => allocator.release(address)))
    throw error
  }
  spec.clusterIPs = addresses
  if (addresses[0] !== undefined) spec.clusterIP = addresses[0]
  return allocated
}

async function allocateOne(
  draft: ServiceDraft,
  wanted: string | undefined,
  family: IPFamily,
  allocator: ClusterIPs,
  dryRun: boolean,
): Promise<string> {
  const name = draft.metadata?.name ?? ''
  try {
    if (!wanted) return await allocator.allocateNext(family, draft, dryRun)
    await allocator.allocate(wanted, draft, dryRun)
    return wanted
  } catch (error) {
    if (!(error instanceof AllocationError)) throw error
    if (error.isFull) {
      const what = `failed to allocate a serviceIP for Service ${JSON.stringify(name)}: ${error.message}`
      throw internalError(new Error(what, { cause: error }))
    }
    const what = wanted ? `failed to allocate IP ${wanted}: ` : 'failed to allocate IP: '
    const field = invalidField(CLUSTER_IPS, draft.spec.clusterIPs ?? [], what + error.message)
    throw invalid('', 'Service', name, [field])
  }
}
