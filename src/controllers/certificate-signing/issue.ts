// Makes a certificate out of a request that was approved: what it asks for, for as long as it may be.
//
// Subject and alternative names are taken over as they are, usages from `spec.usages`; extensions that the request
// itself names are not. Upstream: pkg/controller/certificates/authority/{authority,policies}.go, signer/signer.go

import { verify } from 'node:crypto'
import type { ExtKeyUsage, KeyUsage } from '#api/codec/key-usages.ts'
import {
  decodePem,
  encodeCertificate,
  encodePem,
  type ParsedRequest,
  parseCertificate,
} from '#api/codec/x509.ts'
import type { Random } from '#sys/random.ts'
import { keyId, serialNumber, signerOf } from '#sys/signing.ts'

const MINUTE_MS = 60_000
/** Clocks of others may be behind. */
const BACKDATE_MS = 5 * MINUTE_MS
/** A certificate that lives shorter than this has its whole time from now. */
const SHORT_MS = 8 * 60 * MINUTE_MS
const SHORTEST_MS = 10 * MINUTE_MS

const KEY_USAGES: Readonly<Record<string, KeyUsage>> = {
  signing: 'digitalSignature',
  'digital signature': 'digitalSignature',
  'content commitment': 'contentCommitment',
  'key encipherment': 'keyEncipherment',
  'key agreement': 'keyAgreement',
  'data encipherment': 'dataEncipherment',
  'cert sign': 'certSign',
  'crl sign': 'crlSign',
  'encipher only': 'encipherOnly',
  'decipher only': 'decipherOnly',
}
const EXT_KEY_USAGES: Readonly<Record<string, ExtKeyUsage>> = {
  any: 'any',
  'server auth': 'serverAuth',
  'client auth': 'clientAuth',
  'code signing': 'codeSigning',
  'email protection': 'emailProtection',
  's/mime': 'emailProtection',
  'ipsec end system': 'ipsecEndSystem',
  'ipsec tunnel': 'ipsecTunnel',
  'ipsec user': 'ipsecUser',
  timestamping: 'timeStamping',
  'ocsp signing': 'ocspSigning',
  'microsoft sgc': 'microsoftSgc',
  'netscape sgc': 'netscapeSgc',
}

/** Hashes by the object identifier of the signature; null where the algorithm has its own. */
const HASHES: Readonly<Record<string, string | null>> = {
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.3.101.112': null,
}

export interface Authority {
  /** PEM. */
  readonly certificate: string
  readonly key: string
  /** The longest that a certificate is valid. */
  readonly days: number
}

export interface IssueRequest {
  readonly parsed: ParsedRequest
  readonly usages: readonly string[]
  readonly expirationSeconds: number | undefined
}

/** PEM of the certificate. Throws when the request is not signed by its key, or the authority is at its end. */
export function issueRequested(
  authority: Authority,
  { parsed, usages, expirationSeconds }: IssueRequest,
  nowMs: number,
  random: Random,
): string {
  if (!isSignedByOwnKey(parsed)) throw new Error('unable to verify certificate request signature')
  const issuerDer = decodePem(authority.certificate, 'CERTIFICATE')
  if (!issuerDer) throw new Error('the certificate of the authority is no PEM')
  const issuer = parseCertificate(issuerDer)
  if (nowMs >= issuer.notAfter) {
    throw new Error(`the signer has expired: NotAfter=${new Date(issuer.notAfter).toISOString()}`)
  }
  const lifeMs = lifeOf(authority.days * 86_400_000, expirationSeconds)
  const wantedEnd = nowMs + lifeMs - (lifeMs < SHORT_MS ? 0 : BACKDATE_MS)
  const certificate = encodeCertificate(
    {
      ...parsed,
      serialNumber: serialNumber(random),
      notBefore: nowMs - BACKDATE_MS,
      notAfter: Math.min(wantedEnd, issuer.notAfter),
      isCa: false,
      keyUsages: named(KEY_USAGES, usages),
      extKeyUsages: named(EXT_KEY_USAGES, usages),
      subjectKeyId: keyId(parsed.publicKey),
      authorityKeyId: issuer.subjectKeyId,
    },
    { name: issuer.subject, ...signerOf(authority.key) },
  )
  return encodePem(certificate, 'CERTIFICATE')
}

/** What is asked for, within bounds. */
export function lifeOf(longestMs: number, expirationSeconds: number | undefined): number {
  if (expirationSeconds === undefined) return longestMs
  const askedMs = expirationSeconds * 1000
  return askedMs > longestMs ? longestMs : Math.max(askedMs, SHORTEST_MS)
}

const named = <T>(names: Readonly<Record<string, T>>, usages: readonly string[]): readonly T[] => [
  ...new Set(usages.flatMap((usage) => names[usage] ?? [])),
]

/** That whoever asks has the private key. */
function isSignedByOwnKey({ publicKey, signed, signature, signatureAlgorithm }: ParsedRequest): boolean {
  const hash = HASHES[signatureAlgorithm]
  if (hash === undefined) return false
  return verify(hash, signed, { key: Buffer.from(publicKey), format: 'der', type: 'spki' }, signature)
}
