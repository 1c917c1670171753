// Addresses of a range in numbers: which belong to it, and in which order free ones are tried. Pure.
//
// The lower part of a range is kept for addresses that people choose by hand; automatic ones come from the upper part
// as long as it has any. So a fixed address (cluster DNS) seldom meets a service that was faster.
// Upstream: pkg/registry/core/service/ipallocator/{ipallocator,bitmap}.go, KEP-3070

import { isIP } from 'node:net'

export type IPFamily = 'IPv4' | 'IPv6'

export interface IPRange {
  /** As it was given: `10.96.0.0/16`. */
  readonly cidr: string
  readonly family: IPFamily
  /** First and last address that may be given out. */
  readonly first: bigint
  readonly last: bigint
  /** How many addresses from the first on are kept for choice by hand. */
  readonly reserved: bigint
}

export function familyOf(address: string): IPFamily | undefined {
  const version = isIP(address)
  return version === 4 ? 'IPv4' : version === 6 ? 'IPv6' : undefined
}

/** Reads a CIDR; throws where it is none. */
export function parseRange(cidr: string): IPRange {
  const [address = '', length = ''] = cidr.split('/')
  const family = familyOf(address)
  const bits = family === 'IPv4' ? 32 : 128
  const prefix = Number(length)
  if (!family || !/^\d+$/.test(length) || prefix > bits) throw new Error(`invalid CIDR address: ${cidr}`)
  const size = 1n << BigInt(bits - prefix)
  const base = parseAddress(address) & ~(size - 1n)
  // Neither the network's own address nor, for IPv4, its broadcast address.
  const last = base + size - (family === 'IPv4' ? 2n : 1n)
  return { cidr, family, first: base + 1n, last, reserved: reservedOf(size) }
}

function reservedOf(size: bigint): bigint {
  const [least, most] = [16n, 256n]
  if (size <= least) return 0n
  const part = size / 16n
  return part < least ? least : part > most ? most : part
}

export function contains(range: IPRange, address: string): boolean {
  if (familyOf(address) !== range.family) return false
  const value = parseAddress(address)
  return value >= range.first - 1n && value <= range.last + (range.family === 'IPv4' ? 1n : 0n)
}

/** Whether the address may be given out: the network's own and the broadcast address may not. */
export function isUsable(range: IPRange, address: string): boolean {
  const value = parseAddress(address)
  return value >= range.first && value <= range.last
}

/**
 * All usable addresses, each once: from a random place on through the automatic part, then the part for choice by
 * hand. `chance` gives numbers in [0, 1).
 */
export function* candidates(range: IPRange, chance: () => number): Iterable<string> {
  const middle = range.first + range.reserved
  yield* rotated(middle, range.last, range.family, chance)
  yield* rotated(range.first, middle - 1n, range.family, chance)
}

function* rotated(first: bigint, last: bigint, family: IPFamily, chance: () => number): Iterable<string> {
  const count = last - first + 1n
  if (count <= 0n) return
  const start = first + (BigInt(Math.floor(chance() * 2 ** 48)) * count) / (1n << 48n)
  for (let address = start; address <= last; address++) yield formatAddress(address, family)
  for (let address = first; address < start; address++) yield formatAddress(address, family)
}

export function parseAddress(address: string): bigint {
  if (!address.includes(':')) {
    return address.split('.').reduce((value, octet) => (value << 8n) | BigInt(octet), 0n)
  }
  const [head = '', tail] = address.split('::')
  const words = (text: string): string[] => (text === '' ? [] : text.split(':'))
  const left = words(head)
  const right = words(tail ?? '')
  const zeros = tail === undefined ? [] : new Array<string>(8 - left.length - right.length).fill('0')
  return [...left, ...zeros, ...right].reduce((value, word) => (value << 16n) | BigInt(`0x${word}`), 0n)
}

/** IPv6 in the form of RFC 5952: the longest run of zeros is left out. */
export function formatAddress(value: bigint, family: IPFamily): string {
  if (family === 'IPv4') return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.')
  const words = Array.from({ length: 8 }, (_, i) => ((value >> BigInt(112 - 16 * i)) & 0xffffn).toString(16))
  let [runStart, runLength] = [-1, 1]
  for (let i = 0; i < 8; i++) {
    let length = 0
    while (words[i + length] === '0') length++
    if (length > runLength) [runStart, runLength] = [i, length]
  }
  if (runStart < 0) return words.join(':')
  return `${words.slice(0, runStart).join(':')}::${words.slice(runStart + runLength).join(':')}`
}
