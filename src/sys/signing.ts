// What makes and signs certificates needs of cryptography: signatures, key identifiers, serial numbers.

import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto'
import type { Random } from '#sys/random.ts'

export interface Signer {
  readonly algorithm: 'ecdsa-sha256' | 'rsa-sha256'
  sign(bytes: Uint8Array): Uint8Array
}

/** Signs with a private key, PEM or as an object. */
export function signerOf(key: string | KeyObject): Signer {
  const privateKey = typeof key === 'string' ? createPrivateKey(key) : key
  return {
    algorithm: privateKey.asymmetricKeyType === 'rsa' ? 'rsa-sha256' : 'ecdsa-sha256',
    sign: (bytes) => sign('sha256', bytes, privateKey),
  }
}

/** Identifies a public key (DER of the SubjectPublicKeyInfo). */
export function keyId(spki: Uint8Array): Uint8Array {
  return createHash('sha1').update(spki).digest()
}

/** Positive, and with 126 bits of chance. */
export function serialNumber(random: Random): Uint8Array {
  const bytes = Uint8Array.from(random.bytes(16))
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40
  return bytes
}
