// A certificate authority: a key, its own certificate, and the issuing of others.
//
// ECDSA P-256: signing and handshakes are many times cheaper than with RSA, and every Kubernetes client takes it.
// Upstream: client-go/util/cert, cmd/kubeadm/app/util/pkiutil

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import {
  type CertificateTemplate,
  decodePem,
  encodeCertificate,
  encodeName,
  encodePem,
  type Issuer,
  parseCertificate,
} from '#api/codec/x509.ts'
import type { Random } from '#sys/random.ts'
import { keyId, serialNumber, signerOf } from '#sys/signing.ts'

/** A certificate and its private key, both PEM. */
export interface KeyedCertificate {
  readonly certificate: string
  readonly key: string
}

/** What a certificate is for. */
export interface CertificateRequest {
  readonly commonName: string
  readonly organizations?: readonly string[]
  readonly usages: CertificateTemplate['extKeyUsages']
  readonly dnsNames?: readonly string[]
  readonly ipAddresses?: readonly string[]
}

const DAY_MS = 24 * 60 * 60 * 1000
export const CERTIFICATE_LIFE_MS = 365 * DAY_MS
export const AUTHORITY_LIFE_MS = 3650 * DAY_MS
/** Machines' clocks differ a little. */
const BACKDATE_MS = 5 * 60 * 1000

/** Makes a new self-signed authority. */
export function createAuthority(commonName: string, now: number, random: Random): KeyedCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = { commonName, organizations: [] }
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const template: CertificateTemplate = {
    serialNumber: serialNumber(random),
    subject,
    notBefore: now - BACKDATE_MS,
    notAfter: now + AUTHORITY_LIFE_MS,
    publicKey: spki,
    isCa: true,
    keyUsages: ['digitalSignature', 'keyEncipherment', 'certSign'],
    extKeyUsages: [],
    dnsNames: [commonName],
    ipAddresses: [],
    subjectKeyId: keyId(spki),
  }
  const der = encodeCertificate(template, issuerFor(privateKey, encodeName(subject)))
  return { certificate: encodePem(der, 'CERTIFICATE'), key: exportKey(privateKey) }
}

/** Makes a key and a certificate for it, signed by `authority`, valid a year but never longer than the authority. */
export function issueCertificate(
  authority: KeyedCertificate,
  request: CertificateRequest,
  now: number,
  random: Random,
): KeyedCertificate {
  const issuer = parseCertificate(derOf(authority.certificate))
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const spki = publicKey.export({ type: 'spki', format: 'der' })
  const template: CertificateTemplate = {
    serialNumber: serialNumber(random),
    subject: { commonName: request.commonName, organizations: request.organizations ?? [] },
    notBefore: now - BACKDATE_MS,
    notAfter: Math.min(now + CERTIFICATE_LIFE_MS, issuer.notAfter),
    publicKey: spki,
    isCa: false,
    keyUsages: ['digitalSignature', 'keyEncipherment'],
    extKeyUsages: request.usages,
    dnsNames: request.dnsNames ?? [],
    ipAddresses: request.ipAddresses ?? [],
    subjectKeyId: keyId(spki),
    authorityKeyId: issuer.subjectKeyId,
  }
  const der = encodeCertificate(template, issuerFor(createPrivateKey(authority.key), issuer.subject))
  return { certificate: encodePem(der, 'CERTIFICATE'), key: exportKey(privateKey) }
}

/** The certificate's bytes. */
export function derOf(certificatePem: string): Uint8Array {
  const der = decodePem(certificatePem, 'CERTIFICATE')
  if (!der) throw new Error('no PEM block with a certificate')
  return der
}

/** Whether certificate and key of a pair belong together. */
export function keyMatches(pair: KeyedCertificate): boolean {
  const own = createPublicKey(pair.key).export({ type: 'spki', format: 'der' })
  return own.equals(parseCertificate(derOf(pair.certificate)).publicKey)
}

function issuerFor(key: KeyObject, name: Uint8Array): Issuer {
  return { name, ...signerOf(key) }
}

function exportKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString()
}
