// IPv4 address ranges: parsing, overlap, and the n-th address. Pure.

export interface Cidr {
  /** The first address as a number. */
  readonly base: number
  readonly bits: number
}

/** Parses `10.244.0.0/16`; undefined when it is none, or when bits beyond the prefix are set. */
export function parseCidr(text: string): Cidr | undefined {
  const match = /^(\d{1,3}(?:\.\d{1,3}){3})\/(\d{1,2})$/.exec(text)
  const base = match ? parseAddress(match[1] ?? '') : undefined
  const bits = Number(match?.[2])
  if (base === undefined || bits > 32) return undefined
  return base % 2 ** (32 - bits) === 0 ? { base, bits } : undefined
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split('.').map(Number)
  if (parts.length !== 4 || parts.some((part) => !Number.isInteger(part) || part < 0 || part > 255))
    return undefined
  return parts.reduce((sum, part) => sum * 256 + part, 0)
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.')
}

export const formatCidr = ({ base, bits }: Cidr): string => `${formatAddress(base)}/${bits}`

/** The address `position` places after the first. */
export const addressAt = (cidr: Cidr, position: number): string => formatAddress(cidr.base + position)

export const sizeOf = (cidr: Cidr): number => 2 ** (32 - cidr.bits)

export function overlaps(a: Cidr, b: Cidr): boolean {
  return a.base < b.base + sizeOf(b) && b.base < a.base + sizeOf(a)
}
