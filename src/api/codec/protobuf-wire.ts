// The wire format of protocol buffers: a writer that fills its buffer from the end, and a bounded reader.
//
// Backwards, because the length of a message stands before it: written last, it needs no measuring first. So
// fields are written from the highest number down, and a key after (before, to the reader) its value.
// https://protobuf.dev/programming-guides/encoding

export const VARINT = 0
export const FIXED64 = 1
export const BYTES = 2
const FIXED32 = 5

const FIRST_SIZE = 4096
/** A writer that is used again does not keep more than this. */
const KEPT_SIZE = 1 << 20
/** Up to this length it takes longer to call into Node than to write the letters one by one. */
const SHORT_STRING = 32

/** Writes from the end of the buffer to its beginning. */
export class BackwardWriter {
  #buffer = Buffer.allocUnsafe(FIRST_SIZE)
  #start = FIRST_SIZE

  /** What has been written so far, in bytes: the difference of two readings is a length. */
  get length(): number {
    return this.#buffer.length - this.#start
  }

  /** The bytes written; a view, valid until the next write. */
  finish(): Buffer {
    return this.#buffer.subarray(this.#start)
  }

  /** A copy of the bytes written, after which it is empty and can be used again. */
  take(): Buffer {
    const taken = Buffer.from(this.finish())
    if (this.#buffer.length > KEPT_SIZE) this.#buffer = Buffer.allocUnsafe(FIRST_SIZE)
    this.#start = this.#buffer.length
    return taken
  }

  #reserve(size: number): void {
    if (this.#start >= size) return
    const grown = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.length + size))
    const start = grown.length - this.length
    this.#buffer.copy(grown, start, this.#start)
    this.#buffer = grown
    this.#start = start
  }

  tag(field: number, wireType: number): void {
    this.varint(field * 8 + wireType)
  }

  /** A safe integer; negative ones take ten bytes, as int32 and int64 do. */
  varint(value: number): void {
    if (value < 128 && value >= 0) {
      this.#reserve(1)
      this.#buffer[--this.#start] = value
      return
    }
    if (value < 0) {
      this.#bigVarint(BigInt.asUintN(64, BigInt(value)))
      return
    }
    let size = 1
    for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
    this.#reserve(size)
    this.#start -= size
    let at = this.#start
    let rest = value
    while (rest >= 128) {
      this.#buffer[at++] = (rest % 128) + 128
      rest = Math.floor(rest / 128)
    }
    this.#buffer[at] = rest
  }

  #bigVarint(value: bigint): void {
    const bytes: number[] = []
    let rest = value
    while (rest >= 128n) {
      bytes.push(Number(rest & 127n) | 128)
      rest >>= 7n
    }
    bytes.push(Number(rest))
    this.raw(Uint8Array.from(bytes))
  }

  double(value: number): void {
    this.#reserve(8)
    this.#start -= 8
    this.#buffer.writeDoubleLE(value, this.#start)
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#start -= bytes.length
    this.#buffer.set(bytes, this.#start)
  }

  /** A string with its length, without the tag. */
  string(value: string): void {
    if (value.length <= SHORT_STRING && this.#writeAscii(value)) {
      this.varint(value.length)
      return
    }
    const size = Buffer.byteLength(value)
    this.#reserve(size)
    this.#start -= size
    this.#buffer.write(value, this.#start, size, 'utf8')
    this.varint(size)
  }

  /** False, with nothing written, when it is more than ASCII. */
  #writeAscii(value: string): boolean {
    const size = value.length
    this.#reserve(size)
    const start = this.#start - size
    for (let i = 0; i < size; i++) {
      const code = value.charCodeAt(i)
      if (code >= 128) return false
      this.#buffer[start + i] = code
    }
    this.#start = start
    return true
  }
}

export class ProtobufError extends Error {}

/** Reads fields one after another from a slice; throws ProtobufError where the bytes end or lie. */
export class WireReader {
  readonly #bytes: Buffer
  #position: number
  readonly #end: number

  constructor(bytes: Buffer, start = 0, end = bytes.length) {
    this.#bytes = bytes
    this.#position = start
    this.#end = end
  }

  get isAtEnd(): boolean {
    return this.#position >= this.#end
  }

  /** The next field and its wire type. */
  tag(): { field: number; wireType: number } {
    const tag = this.varint()
    const field = Math.floor(tag / 8)
    if (field <= 0) throw new ProtobufError(`proto: illegal tag ${field} (wire type ${tag % 8})`)
    return { field, wireType: tag % 8 }
  }

  /** An unsigned varint; beyond 2^53 it loses its lowest bits. */
  varint(): number {
    const first = this.#byte()
    if (first < 128) return first
    let value = first & 127
    let factor = 128
    for (let i = 1; i < 10; i++) {
      const byte = this.#byte()
      value += (byte & 127) * factor
      if (byte < 128) return value
      factor *= 128
    }
    throw new ProtobufError('proto: integer overflow')
  }

  /** An int32 or int64. */
  signed(): number {
    const start = this.#position
    const value = this.varint()
    if (value < 2 ** 53) return value
    this.#position = start
    return Number(BigInt.asIntN(64, this.#bigVarint()))
  }

  #bigVarint(): bigint {
    let value = 0n
    for (let shift = 0n; ; shift += 7n) {
      const byte = this.#byte()
      value |= BigInt(byte & 127) << shift
      if (byte < 128) return value
    }
  }

  #byte(): number {
    if (this.#position >= this.#end) throw new ProtobufError('unexpected EOF')
    return this.#bytes[this.#position++] ?? 0
  }

  double(): number {
    const at = this.#advance(8)
    return this.#bytes.readDoubleLE(at)
  }

  /** The content of a length-delimited field, without a copy. */
  bytes(): Buffer {
    const size = this.varint()
    const at = this.#advance(size)
    return this.#bytes.subarray(at, at + size)
  }

  string(): string {
    const size = this.varint()
    const at = this.#advance(size)
    return this.#bytes.toString('utf8', at, at + size)
  }

  /** A message within: its reader. */
  message(): WireReader {
    const size = this.varint()
    const at = this.#advance(size)
    return new WireReader(this.#bytes, at, at + size)
  }

  skip(wireType: number): void {
    if (wireType === VARINT) this.varint()
    else if (wireType === FIXED64) this.#advance(8)
    else if (wireType === BYTES) this.bytes()
    else if (wireType === FIXED32) this.#advance(4)
    else throw new ProtobufError(`proto: illegal wireType ${wireType}`)
  }

  #advance(size: number): number {
    const at = this.#position
    if (at + size > this.#end) throw new ProtobufError('unexpected EOF')
    this.#position = at + size
    return at
  }
}
