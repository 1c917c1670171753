// The three ciphers that a key may be used with, in upstream's layout: nonce first, then what is encrypted.
//
// Invariant: no nonce is used twice with a key; they are random, of the machine's strength. AES-GCM binds a value to
// its key in the store, the other two have no room for that. Texts of errors are those of Go's libraries.
// Upstream: staging/src/k8s.io/apiserver/pkg/storage/value/encrypt/{aes,secretbox}

import { createCipheriv, createDecipheriv } from 'node:crypto'
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js'
import { TransformError, type ValueTransformer } from '#apiserver/encryption/value-transformer.ts'
import type { Random } from '#sys/random.ts'

/** Makes a transformer of a key. */
export type Cipher = (key: Uint8Array, random: Random) => ValueTransformer

const BLOCK_BYTES = 16
const GCM_NONCE_BYTES = 12
const GCM_TAG_BYTES = 16
const BOX_NONCE_BYTES = 24
const BOX_TAG_BYTES = 16

const tooShort = () => new TransformError('the stored data was shorter than the required size')
const fresh = (value: Uint8Array) => ({ value, isStale: false })

/** AES-CBC with PKCS#7 padding. Without authentication: who can write the store can change bits unnoticed. */
export const aesCbc: Cipher = (key, random) => {
  const algorithm = `aes-${key.length * 8}-cbc`
  return {
    fromStorage(value) {
      if (value.length < BLOCK_BYTES) throw tooShort()
      const body = value.subarray(BLOCK_BYTES)
      if (body.length % BLOCK_BYTES !== 0)
        throw new TransformError('the stored data is not a multiple of the block size')
      const cipher = createDecipheriv(algorithm, key, value.subarray(0, BLOCK_BYTES)).setAutoPadding(false)
      return fresh(withoutPadding(Buffer.concat([cipher.update(body), cipher.final()])))
    },
    toStorage(value) {
      const vector = random.bytes(BLOCK_BYTES)
      const cipher = createCipheriv(algorithm, key, vector)
      return Buffer.concat([vector, cipher.update(value), cipher.final()])
    },
  }
}

function withoutPadding(padded: Buffer): Buffer {
  const size = padded.at(-1) ?? 0
  if (size === 0 || size > padded.length) throw new TransformError('invalid PKCS7 data (empty or not padded)')
  const end = padded.length - size
  if (!padded.subarray(end).every((byte) => byte === size))
    throw new TransformError('invalid padding on input')
  return padded.subarray(0, end)
}

/** AES-GCM; the store's key is authenticated with the value. A key is good for some billion writes. */
export const aesGcm: Cipher = (key, random) => {
  const algorithm = `aes-${key.length * 8}-gcm` as 'aes-256-gcm'
  return {
    fromStorage(value, storeKey) {
      if (value.length < GCM_NONCE_BYTES) throw tooShort()
      const tagAt = value.length - GCM_TAG_BYTES
      if (tagAt < GCM_NONCE_BYTES) throw new TransformError('cipher: message authentication failed')
      const cipher = createDecipheriv(algorithm, key, value.subarray(0, GCM_NONCE_BYTES))
      cipher.setAAD(Buffer.from(storeKey)).setAuthTag(value.subarray(tagAt))
      const body = cipher.update(value.subarray(GCM_NONCE_BYTES, tagAt))
      try {
        return fresh(Buffer.concat([body, cipher.final()]))
      } catch (cause) {
        throw new TransformError('cipher: message authentication failed', { cause })
      }
    },
    toStorage(value, storeKey) {
      const nonce = random.bytes(GCM_NONCE_BYTES)
      const cipher = createCipheriv(algorithm, key, nonce).setAAD(Buffer.from(storeKey))
      return Buffer.concat([nonce, cipher.update(value), cipher.final(), cipher.getAuthTag()])
    },
  }
}

/** NaCl's secretbox: XSalsa20 and Poly1305. */
export const secretbox: Cipher = (key, random) => ({
  fromStorage(value) {
    if (value.length < BOX_NONCE_BYTES + BOX_TAG_BYTES) throw tooShort()
    const box = xsalsa20poly1305(key, value.subarray(0, BOX_NONCE_BYTES))
    try {
      return fresh(box.decrypt(value.subarray(BOX_NONCE_BYTES)))
    } catch (cause) {
      throw new TransformError('output array was not large enough for encryption', { cause })
    }
  },
  toStorage(value) {
    const nonce = random.bytes(BOX_NONCE_BYTES)
    return Buffer.concat([nonce, xsalsa20poly1305(key, nonce).encrypt(value)])
  },
})
