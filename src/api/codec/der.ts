// DER: the encoding under X.509 certificates and certificate signing requests, as little of it as they need.
//
// Writers give bytes, the reader gives a tree whose nodes remember their own bytes (signatures are over those).
// The reader is strict: definite minimal lengths only, nothing after the end, bounded depth. Why no library does this:
// docs/decisions/0006-certificates-encoded-here.md. Standard: ITU-T X.690.

export const TAG = {
  boolean: 0x01,
  integer: 0x02,
  bitString: 0x03,
  octetString: 0x04,
  null: 0x05,
  oid: 0x06,
  utf8String: 0x0c,
  printableString: 0x13,
  teletexString: 0x14,
  ia5String: 0x16,
  utcTime: 0x17,
  generalizedTime: 0x18,
  bmpString: 0x1e,
  sequence: 0x30,
  set: 0x31,
} as const

/** The tag `[n]`, primitive or constructed. */
export const contextTag = (n: number, constructed = true): number => (constructed ? 0xa0 : 0x80) | n

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  let offset = 0
  for (const part of parts) {
    out.set(part, offset)
    offset += part.length
  }
  return out
}

export function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const body = concat(content)
  return concat([Uint8Array.of(tag, ...lengthOctets(body.length)), body])
}

function lengthOctets(length: number): number[] {
  if (length < 0x80) return [length]
  const octets: number[] = []
  for (let rest = length; rest > 0; rest = Math.floor(rest / 256)) octets.unshift(rest & 0xff)
  return [0x80 | octets.length, ...octets]
}

export const sequence = (...parts: readonly Uint8Array[]): Uint8Array => element(TAG.sequence, ...parts)
export const set = (...parts: readonly Uint8Array[]): Uint8Array => element(TAG.set, ...parts)
export const boolean = (value: boolean): Uint8Array => element(TAG.boolean, Uint8Array.of(value ? 0xff : 0))
export const nothing = (): Uint8Array => element(TAG.null)
export const octetString = (...content: readonly Uint8Array[]): Uint8Array =>
  element(TAG.octetString, ...content)
export const utf8String = (text: string): Uint8Array =>
  element(TAG.utf8String, new TextEncoder().encode(text))

export const bitString = (content: Uint8Array, unusedBits = 0): Uint8Array =>
  element(TAG.bitString, Uint8Array.of(unusedBits), content)

/** A non-negative integer from its big-endian bytes. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0
  while (start < bytes.length - 1 && bytes[start] === 0) start++
  const digits = bytes.subarray(start)
  const needsSign = digits.length === 0 || (digits[0] ?? 0) >= 0x80
  return needsSign ? element(TAG.integer, Uint8Array.of(0), digits) : element(TAG.integer, digits)
}

/** `2.5.4.3` */
export function oid(dotted: string): Uint8Array {
  const arcs = dotted.split('.').map(Number)
  const [first = 0, second = 0, ...rest] = arcs
  const octets = [first * 40 + second, ...rest].flatMap(base128)
  return element(TAG.oid, Uint8Array.from(octets))
}

function base128(arc: number): number[] {
  const octets = [arc & 0x7f]
  for (let rest = Math.floor(arc / 128); rest > 0; rest = Math.floor(rest / 128))
    octets.unshift(0x80 | (rest & 0x7f))
  return octets
}

/** UTCTime until 2049 and GeneralizedTime after, as RFC 5280 asks; whole seconds. */
export function time(millis: number): Uint8Array {
  const digits = new Date(millis).toISOString().slice(0, 19).replace(/[-:T]/g, '')
  const year = Number(digits.slice(0, 4))
  const isShort = year >= 1950 && year < 2050
  const text = `${isShort ? digits.slice(2) : digits}Z`
  return element(isShort ? TAG.utcTime : TAG.generalizedTime, new TextEncoder().encode(text))
}

export interface DerNode {
  readonly tag: number
  /** Without tag and length. */
  readonly content: Uint8Array
  /** With tag and length. */
  readonly raw: Uint8Array
  /** Empty for primitive nodes. */
  readonly children: readonly DerNode[]
}

/** Malformed DER. */
export class DerError extends Error {}

const MAX_DEPTH = 16

/** Reads exactly one element. Throws DerError. */
export function parseDer(bytes: Uint8Array): DerNode {
  const node = readNode(bytes, 0, 0)
  if (node.raw.length !== bytes.length) throw new DerError('trailing data')
  return node
}

function readNode(bytes: Uint8Array, offset: number, depth: number): DerNode {
  if (depth > MAX_DEPTH) throw new DerError('nested too deeply')
  const tag = bytes[offset]
  if (tag === undefined || (tag & 0x1f) === 0x1f) throw new DerError('unreadable tag')
  const { length, start } = readLength(bytes, offset + 1)
  const end = start + length
  if (end > bytes.length) throw new DerError('data truncated')
  const children: DerNode[] = []
  if (tag & 0x20) {
    for (let at = start; at < end; ) {
      const child = readNode(bytes.subarray(0, end), at, depth + 1)
      children.push(child)
      at += child.raw.length
    }
  }
  return { tag, content: bytes.subarray(start, end), raw: bytes.subarray(offset, end), children }
}

function readLength(bytes: Uint8Array, offset: number): { length: number; start: number } {
  const first = bytes[offset]
  if (first === undefined) throw new DerError('data truncated')
  if (first < 0x80) return { length: first, start: offset + 1 }
  const count = first & 0x7f
  if (count === 0 || count > 4) throw new DerError('unreadable length')
  let length = 0
  for (let i = 1; i <= count; i++) length = length * 256 + (bytes[offset + i] ?? 0)
  if (length < 0x80 || length < 256 ** (count - 1)) throw new DerError('non-minimal length')
  return { length, start: offset + 1 + count }
}

export function readOid(node: DerNode): string {
  if (node.tag !== TAG.oid || node.content.length === 0) throw new DerError('not an object identifier')
  const arcs: number[] = []
  let arc = 0
  for (const octet of node.content) {
    arc = arc * 128 + (octet & 0x7f)
    if (octet < 0x80) {
      arcs.push(arc)
      arc = 0
    }
  }
  const first = arcs[0] ?? 0
  const root = Math.min(2, Math.floor(first / 40))
  return [root, first - root * 40, ...arcs.slice(1)].join('.')
}

const STRING_DECODERS: Readonly<Record<number, string>> = {
  [TAG.utf8String]: 'utf-8',
  [TAG.printableString]: 'latin1',
  [TAG.teletexString]: 'latin1',
  [TAG.ia5String]: 'latin1',
  [TAG.bmpString]: 'utf-16be',
}

/** Any of the string types. */
export function readString(node: DerNode): string {
  const encoding = STRING_DECODERS[node.tag]
  if (encoding === undefined) throw new DerError('not a string')
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(node.content)
  } catch {
    throw new DerError('not a string')
  }
}

/** A time in milliseconds since 1970. */
export function readTime(node: DerNode): number {
  const text = new TextDecoder('latin1').decode(node.content)
  const short = node.tag === TAG.utcTime
  const match = /^(\d{2}|\d{4})(\d{2})(\d{2})(\d{2})(\d{2})(\d{2})Z$/.exec(text)
  if (!match || (!short && node.tag !== TAG.generalizedTime)) throw new DerError('not a time')
  const [year = 0, month = 0, day = 0, hours = 0, minutes = 0, seconds = 0] = match.slice(1).map(Number)
  const fullYear = short ? (year < 50 ? 2000 + year : 1900 + year) : year
  return Date.UTC(fullYear, month - 1, day, hours, minutes, seconds)
}

/** The bytes of a bit string that fills whole bytes. */
export function readBitString(node: DerNode): Uint8Array {
  if (node.tag !== TAG.bitString || node.content.length === 0) throw new DerError('not a bit string')
  return node.content.subarray(1)
}
