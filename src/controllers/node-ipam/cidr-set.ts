// The ranges of one size that a big range is cut into, and which of them are taken. No I/O.
//
// Ranges are given out round and round, so that one that was just freed is not used again at once.
// Upstream: pkg/controller/nodeipam/ipam/cidrset/cidr_set.go

import { familyOf, formatIp, maskedBytes, parseNetwork } from '#api/meta/ip.ts'

export class CidrSet {
  readonly #first: bigint
  readonly #bits: number
  readonly #prefixLength: number
  readonly #blockPrefix: number
  readonly #count: number
  readonly #used = new Set<number>()
  #next = 0

  /** `blockPrefix` is the prefix length of what is given out. Throws where that makes no sense. */
  constructor(cidr: string, blockPrefix: number) {
    const network = parseNetwork(cidr)
    if (!network) throw new Error(`${JSON.stringify(cidr)} is no address range`)
    this.#bits = familyOf(network.address) === 'IPv4' ? 32 : 128
    this.#prefixLength = network.prefixLength
    this.#blockPrefix = blockPrefix
    const spread = blockPrefix - network.prefixLength
    if (spread < 0 || blockPrefix > this.#bits) {
      throw new Error(`a range of prefix length ${blockPrefix} does not fit into ${cidr}`)
    }
    if (this.#bits === 128 && spread > 16)
      throw new Error(`${cidr} has too many ranges of prefix length ${blockPrefix}`)
    this.#first = toNumber(maskedBytes(network))
    this.#count = 2 ** spread
  }

  /** Undefined when all are taken. */
  allocate(): string | undefined {
    if (this.#used.size >= this.#count) return undefined
    let index = this.#next
    while (this.#used.has(index)) index = (index + 1) % this.#count
    this.#next = (index + 1) % this.#count
    this.#used.add(index)
    return this.#block(index)
  }

  /** Marks what `cidr` covers as taken; undefined when it lies outside, which takes nothing. */
  occupy(cidr: string): true | undefined {
    const range = this.#indexes(cidr)
    if (!range) return undefined
    for (let index = range.first; index <= range.last; index++) this.#used.add(index)
    return true
  }

  release(cidr: string): void {
    const range = this.#indexes(cidr)
    if (!range) return
    for (let index = range.first; index <= range.last; index++) this.#used.delete(index)
  }

  #block(index: number): string {
    const start = this.#first + (BigInt(index) << BigInt(this.#bits - this.#blockPrefix))
    return `${formatIp({ bytes: toBytes(start, this.#bits / 8) })}/${this.#blockPrefix}`
  }

  /** The blocks that a range touches. */
  #indexes(cidr: string): { first: number; last: number } | undefined {
    const network = parseNetwork(cidr)
    if (!network || (familyOf(network.address) === 'IPv4' ? 32 : 128) !== this.#bits) return undefined
    const start = toNumber(maskedBytes(network))
    const shift = BigInt(this.#bits - this.#blockPrefix)
    if (network.prefixLength <= this.#prefixLength) {
      const isAround =
        start >> BigInt(this.#bits - network.prefixLength) ===
        this.#first >> BigInt(this.#bits - network.prefixLength)
      return isAround ? { first: 0, last: this.#count - 1 } : undefined
    }
    const end = start + (1n << BigInt(this.#bits - network.prefixLength)) - 1n
    const first = (start - this.#first) >> shift
    const last = (end - this.#first) >> shift
    if (start < this.#first || last >= BigInt(this.#count)) return undefined
    return { first: Number(first), last: Number(last) }
  }
}

function toNumber(bytes: Uint8Array): bigint {
  return bytes.reduce((value, byte) => (value << 8n) | BigInt(byte), 0n)
}

function toBytes(value: bigint, length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => Number((value >> BigInt(8 * (length - 1 - i))) & 0xffn))
}
