// A throw-away certificate authority for tests: one server certificate for loopback, one administrator.

import { generateKeyPairSync, type KeyObject, sign as signBytes } from 'node:crypto'
import {
  type DistinguishedName,
  encodeCertificate,
  encodeName,
  encodePem,
  type Issuer,
} from '#api/codec/x509.ts'
import type { Random } from '#sys/random.ts'

export interface KeyPairPem {
  readonly cert: string
  readonly key: string
}

export interface TestPki {
  readonly ca: string
  readonly server: KeyPairPem & { readonly clientCa: string }
  readonly admin: KeyPairPem
  /** A client certificate for a user and its groups. */
  sign(user: string, groups: readonly string[]): KeyPairPem
}

const VALIDITY = { notBefore: Date.UTC(2020, 0, 1), notAfter: Date.UTC(2045, 0, 1) }

export function createTestPki(random: Random): TestPki {
  const caName: DistinguishedName = { commonName: 'test-ca', organizations: [] }
  const caKeys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const caKeyId = random.bytes(20)
  const issuer: Issuer = {
    name: encodeName(caName),
    algorithm: 'ecdsa-sha256',
    sign: (tbs) => signBytes('sha256', tbs, caKeys.privateKey),
  }
  const common = { ...VALIDITY, dnsNames: [], ipAddresses: [], authorityKeyId: caKeyId }
  const ca = encodeCertificate(
    {
      ...common,
      serialNumber: random.bytes(8),
      subject: caName,
      publicKey: spkiOf(caKeys.publicKey),
      isCa: true,
      keyUsages: ['certSign', 'digitalSignature'],
      extKeyUsages: [],
      subjectKeyId: caKeyId,
    },
    issuer,
  )

  function issue(subject: DistinguishedName, isServer: boolean): KeyPairPem {
    const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' })
    const certificate = encodeCertificate(
      {
        ...common,
        serialNumber: random.bytes(8),
        subject,
        publicKey: spkiOf(keys.publicKey),
        isCa: false,
        keyUsages: ['digitalSignature'],
        extKeyUsages: [isServer ? 'serverAuth' : 'clientAuth'],
        subjectKeyId: random.bytes(20),
        ...(isServer && { dnsNames: ['localhost'], ipAddresses: ['127.0.0.1'] }),
      },
      issuer,
    )
    return {
      cert: encodePem(certificate, 'CERTIFICATE'),
      key: keys.privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    }
  }

  const caPem = encodePem(ca, 'CERTIFICATE')
  const sign = (user: string, groups: readonly string[]) =>
    issue({ commonName: user, organizations: [...groups] }, false)
  return {
    ca: caPem,
    server: { ...issue({ commonName: 'kube-apiserver', organizations: [] }, true), clientCa: caPem },
    admin: sign('admin', ['system:masters']),
    sign,
  }
}

const spkiOf = (key: KeyObject): Uint8Array => key.export({ type: 'spki', format: 'der' })
