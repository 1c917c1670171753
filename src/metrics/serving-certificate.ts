// The certificate under which the metrics API is served: made at each start, trusted by the APIService that names it.

import { generateKeyPairSync } from 'node:crypto'
import { encodeCertificate, encodeName, encodePem } from '#api/codec/x509.ts'
import type { Random } from '#sys/random.ts'
import { keyId, serialNumber, signerOf } from '#sys/signing.ts'

const DAY_MS = 24 * 60 * 60 * 1000
/** Its key never leaves the process, so it may live for longer than any process does. */
const LIFE_MS = 3650 * DAY_MS
/** Clocks of machines differ a little. */
const BACKDATE_MS = 5 * 60 * 1000

/** PEM. */
export interface ServingCertificate {
  readonly cert: string
  readonly key: string
}

/** Signs itself: it is its own authority. */
export function createServingCertificate(dnsName: string, now: number, random: Random): ServingCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const subject = { commonName: dnsName, organizations: [] }
  const der = encodeCertificate(
    {
      serialNumber: serialNumber(random),
      subject,
      notBefore: now - BACKDATE_MS,
      notAfter: now + LIFE_MS,
      publicKey: spki,
      isCa: true,
      keyUsages: ['digitalSignature', 'certSign'],
      extKeyUsages: ['serverAuth'],
      dnsNames: [dnsName],
      ipAddresses: [],
      subjectKeyId: keyId(spki),
    },
    { name: encodeName(subject), ...signerOf(privateKey) },
  )
  return {
    cert: encodePem(der, 'CERTIFICATE'),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  }
}
