// Service account tokens in tests: a key, a world of objects that they may be bound to, and the head of a request.

import { generateKeyPairSync } from 'node:crypto'
import type { TokenLookups } from '#apiserver/authentication/service-account-token.ts'
import type { RequestHead } from '#apiserver/request.ts'
import { readTokenKeys, type TokenKeys } from '#sys/token-keys.ts'

/** A new RSA key, as PEM and read. */
export function newTokenKeys(): { readonly pem: string; readonly keys: TokenKeys } {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  return { pem, keys: readTokenKeys(pem) }
}

type Given = { [K in keyof TokenLookups]?: Awaited<ReturnType<TokenLookups[K]>> }

/** Lookups that give the same object for every name; change `given` to change the world. */
export function lookupsOf(given: Given): TokenLookups {
  return {
    serviceAccount: async () => given.serviceAccount,
    pod: async () => given.pod,
    secret: async () => given.secret,
    node: async () => given.node,
  }
}

export function requestHead(
  headers: RequestHead['headers'] = {},
  clientCertificates?: readonly Uint8Array[],
): RequestHead {
  return {
    method: 'GET',
    path: '/api/v1/pods',
    query: new URLSearchParams(),
    headers,
    remoteAddress: '192.0.2.1',
    ...(clientCertificates && { clientCertificates }),
  }
}
