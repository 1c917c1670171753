// A range of ports as a bitmap: which are taken, which free one comes next. Pure.
//
// The bytes are those that upstream stores (a big-endian number whose lowest bit is the first port), so that either
// server can take over from the other. Upstream: pkg/registry/core/service/{allocator/bitmap,portallocator/allocator}.go

export interface PortRange {
  readonly first: number
  readonly last: number
}

export const formatPortRange = (range: PortRange): string => `${range.first}-${range.last}`

export class PortBitmap {
  readonly #range: PortRange
  readonly #taken: Set<number>

  constructor(range: PortRange, taken: Iterable<number> = []) {
    this.#range = range
    this.#taken = new Set(taken)
  }

  static decode(range: PortRange, bytes: Uint8Array): PortBitmap {
    const bitmap = new PortBitmap(range)
    for (let i = 0; i < bytes.length; i++) {
      const octet = bytes[bytes.length - 1 - i] ?? 0
      for (let bit = 0; bit < 8; bit++) if (octet & (1 << bit)) bitmap.#taken.add(range.first + i * 8 + bit)
    }
    return bitmap
  }

  encode(): Uint8Array {
    const highest = Math.max(-1, ...[...this.#taken].map((port) => port - this.#range.first))
    const bytes = new Uint8Array(Math.floor(highest / 8) + 1)
    for (const port of this.#taken) {
      const offset = port - this.#range.first
      const index = bytes.length - 1 - Math.floor(offset / 8)
      bytes[index] = (bytes[index] ?? 0) | (1 << (offset % 8))
    }
    return bytes
  }

  copy(): PortBitmap {
    return new PortBitmap(this.#range, this.#taken)
  }

  isInRange(port: number): boolean {
    return port >= this.#range.first && port <= this.#range.last
  }

  has(port: number): boolean {
    return this.#taken.has(port)
  }

  /** False when it was taken already. */
  take(port: number): boolean {
    if (this.#taken.has(port)) return false
    this.#taken.add(port)
    return true
  }

  release(port: number): void {
    this.#taken.delete(port)
  }

  ports(): Iterable<number> {
    return this.#taken
  }

  /** Takes a random free port, from the upper part as long as it has any; undefined when all are taken. */
  takeNext(chance: () => number): number | undefined {
    const { first, last } = this.#range
    const middle = first + reservedOf(last - first + 1)
    const port = this.#freeFrom(middle, last, chance) ?? this.#freeFrom(first, middle - 1, chance)
    if (port !== undefined) this.#taken.add(port)
    return port
  }

  #freeFrom(first: number, last: number, chance: () => number): number | undefined {
    const count = last - first + 1
    const start = Math.floor(chance() * count)
    for (let i = 0; i < count; i++) {
      const port = first + ((start + i) % count)
      if (!this.#taken.has(port)) return port
    }
    return undefined
  }
}

/** The lower part of a range is kept for ports that people choose by hand. */
function reservedOf(size: number): number {
  if (size <= 16) return 0
  return Math.min(Math.max(16, Math.floor(size / 32)), 128)
}
