// Certificates of a moment, for tests: authorities, intermediates, clients.

import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto'
import type { ExtKeyUsage } from '#api/codec/key-usages.ts'
import { encodeCertificate, encodeName } from '#api/codec/x509.ts'

const HOUR = 3_600_000

export interface TestCertificate {
  readonly name: string
  readonly key: KeyObject
  readonly der: Uint8Array
}

export interface TestCertificateOptions {
  readonly isCa?: boolean
  /** `clientAuth` where nothing is said, and none for an authority. */
  readonly usages?: readonly ExtKeyUsage[]
  readonly organizations?: readonly string[]
  readonly dnsNames?: readonly string[]
  /** Unix milliseconds from which it is valid, for two hours. */
  readonly from: number
}

/** A certificate with a key of its own; it signs itself when there is no issuer. */
export function makeCertificate(
  commonName: string,
  issuer: TestCertificate | undefined,
  options: TestCertificateOptions,
): TestCertificate {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const signer = issuer?.key ?? keys.privateKey
  const { from } = options
  const der = encodeCertificate(
    {
      serialNumber: Uint8Array.of(1, 2, 3),
      subject: { commonName, organizations: options.organizations ?? [] },
      notBefore: from,
      notAfter: from + 2 * HOUR,
      publicKey: keys.publicKey.export({ type: 'spki', format: 'der' }),
      isCa: options.isCa ?? false,
      keyUsages: options.isCa ? ['certSign'] : ['digitalSignature'],
      extKeyUsages: options.usages ?? (options.isCa ? [] : ['clientAuth']),
      dnsNames: options.dnsNames ?? [],
      ipAddresses: [],
      subjectKeyId: Buffer.from(commonName),
    },
    {
      name: encodeName({ commonName: issuer?.name ?? commonName, organizations: [] }),
      algorithm: 'ecdsa-sha256',
      sign: (tbs) => sign('sha256', tbs, signer),
    },
  )
  return { name: commonName, key: keys.privateKey, der }
}
