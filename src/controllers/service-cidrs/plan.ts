// Whether a range of Service addresses may go: no address may be left that only it covers. Pure.
//
// Upstream: pkg/controller/servicecidrs/servicecidrs_controller.go (canDeleteCIDR), pkg/api/servicecidr

import { type IpNetwork, maskedBytes, parseIp, parseNetwork } from '#api/meta/ip.ts'
import type { IPAddress, ServiceCIDR } from '#api/types/networking.ts'

export const MANAGED_BY = 'ipaddress.kubernetes.io/managed-by'
const ALLOCATOR = 'ipallocator.k8s.io'

const networksOf = ({ spec }: ServiceCIDR): readonly IpNetwork[] =>
  (spec?.cidrs ?? []).flatMap((text) => parseNetwork(text) ?? [])

function covers(outer: IpNetwork, bytes: Uint8Array, bits: number): boolean {
  if (outer.address.bytes.length !== bytes.length || outer.prefixLength > bits) return false
  const inner = maskedBytes({ ...outer, address: { ...outer.address, bytes } })
  return maskedBytes(outer).every((byte, i) => byte === inner[i])
}

const coversNetwork = (outer: IpNetwork, inner: IpNetwork): boolean =>
  covers(outer, inner.address.bytes, inner.prefixLength)

/** The names of those that have an address. */
export function rangesWith(ranges: readonly ServiceCIDR[], address: string): readonly string[] {
  const bytes = parseIp(address)?.bytes
  if (!bytes) return []
  return ranges
    .filter((range) => networksOf(range).some((network) => covers(network, bytes, bytes.length * 8)))
    .map(({ metadata }) => metadata?.name ?? '')
}

/** The names of those that share addresses with a range. */
export function overlapping(ranges: readonly ServiceCIDR[], range: ServiceCIDR): readonly string[] {
  const own = networksOf(range)
  return ranges
    .filter((other) =>
      networksOf(other).some((network) =>
        own.some((mine) => coversNetwork(network, mine) || coversNetwork(mine, network)),
      ),
    )
    .map(({ metadata }) => metadata?.name ?? '')
}

/** An address that a Service has; others may make addresses, too, and look after them. */
export const isOfService = ({ metadata }: IPAddress): boolean => metadata?.labels?.[MANAGED_BY] === ALLOCATOR

export function mayGo(
  range: ServiceCIDR,
  ranges: readonly ServiceCIDR[],
  addresses: readonly IPAddress[],
): boolean {
  const others = ranges.filter(({ metadata }) => metadata?.name !== range.metadata?.name)
  const isCoveredByOthers = networksOf(range).every((network) =>
    others.some((other) => networksOf(other).some((outer) => coversNetwork(outer, network))),
  )
  if (isCoveredByOthers) return true
  return addresses.filter(isOfService).every(({ metadata }) => {
    const names = rangesWith(ranges, metadata?.name ?? '')
    return names.length !== 1 || names[0] !== range.metadata?.name
  })
}
