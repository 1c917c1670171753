// IP addresses and networks as Go reads and writes them: a lenient parser, one canonical text.
//
// An IPv4 address is four bytes, also when it was written as IPv4-mapped IPv6 (`::ffff:10.0.0.1`), as Go's
// net.IP has it. Upstream: vendor/k8s.io/utils/net (ParseIPSloppy), Go's net and net/netip

export interface IpAddress {
  /** 4 or 16 bytes. */
  readonly bytes: Uint8Array
  /** Written as IPv4-mapped IPv6. */
  readonly isMapped: boolean
  /** A part of an IPv4 address is written with leading zeros, which some programs read as octal. */
  readonly hasLeadingZeros: boolean
}

export interface IpNetwork {
  readonly address: IpAddress
  readonly prefixLength: number
  /** The prefix length is written with leading zeros. */
  readonly hasLeadingZeros: boolean
}

export type IpFamily = 'IPv4' | 'IPv6'

export function parseIp(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text)
}

function parseIpv4(text: string): IpAddress | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^\d+$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return {
    bytes,
    isMapped: false,
    hasLeadingZeros: parts.some((part) => part.length > 1 && part.startsWith('0')),
  }
}

function parseIpv6(text: string): IpAddress | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const last = text.slice(text.lastIndexOf(':') + 1)
  const v4 = last.includes('.') ? parseIpv4(last) : undefined
  if (last.includes('.') && !v4) return undefined
  const head = groupsOf(halves[0]!, halves.length === 1 ? v4 : undefined)
  const tail = halves.length === 2 ? groupsOf(halves[1]!, v4) : []
  if (!head || !tail) return undefined
  const missing = 8 - head.length - tail.length
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined
  const groups = [...head, ...new Array<number>(missing).fill(0), ...tail]
  const bytes = new Uint8Array(16)
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >> 8
    bytes[2 * i + 1] = group & 0xff
  }
  const isMapped =
    bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff
  return {
    bytes: isMapped ? bytes.slice(12) : bytes,
    isMapped,
    hasLeadingZeros: v4?.hasLeadingZeros ?? false,
  }
}

/** The 16-bit groups of one side of `::`; `v4` stands for the two groups that it is written for. */
function groupsOf(text: string, v4: IpAddress | undefined): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (v4 && i === parts.length - 1) {
      groups.push((v4.bytes[0]! << 8) | v4.bytes[1]!, (v4.bytes[2]! << 8) | v4.bytes[3]!)
    } else {
      if (!/^[0-9a-fA-F]{1,4}$/.test(part)) return undefined
      groups.push(Number.parseInt(part, 16))
    }
  }
  return groups
}

export const familyOf = (address: IpAddress): IpFamily => (address.bytes.length === 4 ? 'IPv4' : 'IPv6')

/** The canonical text: dotted for IPv4, RFC 5952 for IPv6. */
export function formatIp({ bytes }: { readonly bytes: Uint8Array }): string {
  if (bytes.length === 4) return bytes.join('.')
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let best = { start: 0, length: 1 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > best.length) best = { start, length }
  }
  const text = (from: number, to: number): string =>
    groups
      .slice(from, to)
      .map((group) => group.toString(16))
      .join(':')
  return best.length < 2 ? text(0, 8) : `${text(0, best.start)}::${text(best.start + best.length, 8)}`
}

export function parseNetwork(text: string): IpNetwork | undefined {
  const slash = text.indexOf('/')
  if (slash < 0) return undefined
  const address = parseIp(text.slice(0, slash))
  const length = text.slice(slash + 1)
  const written = address && (address.isMapped ? 128 : address.bytes.length * 8)
  if (!address || !/^\d+$/.test(length) || Number(length) > written!) return undefined
  const prefixLength = Number(length)
  return { address, prefixLength, hasLeadingZeros: length.length > 1 && length.startsWith('0') }
}

/** The bits of the address that the prefix covers; the rest are zero. */
export function maskedBytes(network: IpNetwork): Uint8Array {
  const { address } = network
  const prefixLength = address.isMapped ? Math.max(0, network.prefixLength - 96) : network.prefixLength
  return address.bytes.map((byte, i) => {
    const bits = Math.min(8, Math.max(0, prefixLength - 8 * i))
    return byte & (0xff << (8 - bits))
  })
}

export function formatNetwork(network: IpNetwork): string {
  const prefixLength = network.address.isMapped ? network.prefixLength - 96 : network.prefixLength
  return `${formatIp({ bytes: maskedBytes(network) })}/${prefixLength}`
}

/** Whether a list of addresses has both families; undefined when one of them is no address. */
export function isDualStack(addresses: readonly string[]): boolean | undefined {
  const families = new Set<IpFamily>()
  for (const text of addresses) {
    const address = parseIp(text)
    if (!address) return undefined
    families.add(familyOf(address))
  }
  return families.size === 2
}

export const isUnspecified = ({ bytes }: IpAddress): boolean => bytes.every((byte) => byte === 0)

export const isLoopback = ({ bytes }: IpAddress): boolean =>
  bytes.length === 4 ? bytes[0] === 127 : bytes.subarray(0, 15).every((byte) => byte === 0) && bytes[15] === 1

export const isLinkLocalUnicast = ({ bytes }: IpAddress): boolean =>
  bytes.length === 4 ? bytes[0] === 169 && bytes[1] === 254 : bytes[0] === 0xfe && (bytes[1]! & 0xc0) === 0x80

export const isLinkLocalMulticast = ({ bytes }: IpAddress): boolean =>
  bytes.length === 4
    ? bytes[0] === 224 && bytes[1] === 0 && bytes[2] === 0
    : bytes[0] === 0xff && (bytes[1]! & 0x0f) === 0x02
