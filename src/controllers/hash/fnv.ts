// The hash functions that upstream names things by: FNV-1 and FNV-1a, 32 and 128 bits.

export const FNV32_OFFSET = 0x811c9dc5
const FNV32_PRIME = 0x01000193

/** Goes on hashing from `hash`; FNV32_OFFSET begins. */
export function fnv32a(hash: number, bytes: Uint8Array): number {
  let current = hash
  for (const byte of bytes) current = Math.imul(current ^ byte, FNV32_PRIME)
  return current >>> 0
}

/** The older order: multiply first. Revisions are named by it. */
export function fnv32(hash: number, bytes: Uint8Array): number {
  let current = hash
  for (const byte of bytes) current = Math.imul(current, FNV32_PRIME) ^ byte
  return current >>> 0
}

const FNV128_OFFSET = 0x6c62272e07bb014262b821756295c58dn
const FNV128_PRIME = 0x1000000000000000000013bn
const MASK_128 = (1n << 128n) - 1n

/** In hexadecimal, of always the same length, so that texts sort as the bytes do. */
export function fnv128a(text: string): string {
  let hash = FNV128_OFFSET
  for (const byte of Buffer.from(text)) hash = ((hash ^ BigInt(byte)) * FNV128_PRIME) & MASK_128
  return hash.toString(16).padStart(32, '0')
}
