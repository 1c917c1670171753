// Chance, handed in: the only door to randomness, so that a test can seed it.

import { randomBytes, randomUUID } from 'node:crypto'

export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** A random (version 4) UUID. */
  uuid(): string
  /** Cryptographically strong bytes for keys, tokens and serial numbers. */
  bytes(count: number): Uint8Array
}

/** The machine's randomness. */
export const systemRandom: Random = {
  next: () => Math.random(),
  uuid: () => randomUUID(),
  bytes: (count) => randomBytes(count),
}

/** A repeatable sequence (mulberry32); for tests only, it keeps no secret. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  function next(): number {
    state = (state + 0x6d2b79f5) >>> 0
    let t = state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const bytes = (count: number) => Uint8Array.from({ length: count }, () => Math.floor(next() * 256))
  return {
    next,
    bytes,
    uuid() {
      const hex = Buffer.from(bytes(16)).toString('hex')
      const variant = '89ab'[Math.floor(next() * 4)]
      return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-4${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20)}`
    },
  }
}

// The alphabet of generated names: no vowels and nothing that looks alike, so that no name spells a word.
// Upstream: staging/src/k8s.io/apimachinery/pkg/util/rand/rand.go
const SAFE_ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'

/** A suffix of `length` letters as in `generateName` and pod names. */
export function randomSuffix(random: Random, length: number): string {
  let text = ''
  for (let i = 0; i < length; i++) text += SAFE_ALPHABET[Math.floor(random.next() * SAFE_ALPHABET.length)]
  return text
}

/** Maps each character of a decimal hash into the safe alphabet, as `pod-template-hash` is written. */
export function safeEncode(text: string): string {
  let out = ''
  for (const char of text) out += SAFE_ALPHABET[char.charCodeAt(0) % SAFE_ALPHABET.length]
  return out
}
