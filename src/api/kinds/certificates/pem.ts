// The PEM inside a signing request: that it is a request, signed by its own key, and that an answer is certificates.
//
// Upstream: validateCSR and validateCertificate in pkg/apis/certificates/validation/validation.go

import { createPublicKey, verify, X509Certificate } from 'node:crypto'
import { DerError, parseDer, readBitString, readOid } from '#api/codec/der.ts'
import { parseCertificateRequest } from '#api/codec/x509.ts'
import { goQuote } from '#api/meta/field-error.ts'

/** What a signature was made over first; null where the algorithm says it itself. */
const DIGESTS: Readonly<Record<string, string | null>> = {
  '1.2.840.113549.1.1.5': 'sha1',
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.1': 'sha1',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null,
}

interface PemBlock {
  readonly label: string
  readonly hasHeaders: boolean
  readonly der: Uint8Array
}

/** Why a request is none; undefined for nothing. `base64` is the PEM as the object carries it. */
export function requestProblem(base64: string): string | undefined {
  const [block] = blocksOf(base64)
  if (block?.label !== 'CERTIFICATE REQUEST') return 'PEM block type must be CERTIFICATE REQUEST'
  try {
    return isSignedByItself(block.der) ? undefined : 'x509: signature verification failed'
  } catch (error) {
    if (error instanceof DerError) return 'asn1: syntax error'
    return error instanceof Error ? `x509: ${error.message}` : 'x509: malformed request'
  }
}

function isSignedByItself(der: Uint8Array): boolean {
  const { signed, signature, publicKey } = parseCertificateRequest(der)
  const [, algorithm] = parseDer(der).children
  const name = algorithm?.children[0] ? readOid(algorithm.children[0]) : ''
  const digest = Object.hasOwn(DIGESTS, name) ? DIGESTS[name]! : undefined
  if (digest === undefined) throw new Error('cannot verify signature: algorithm unimplemented')
  const key = createPublicKey({ key: Buffer.from(publicKey), format: 'der', type: 'spki' })
  return verify(digest, signed, key, signature)
}

/** Why an issued certificate is none; undefined for nothing, and for no certificate at all. */
export function certificateProblem(base64: string): string | undefined {
  if (base64 === '') return undefined
  const blocks = blocksOf(base64)
  for (const { label, hasHeaders, der } of blocks) {
    if (label !== 'CERTIFICATE') return `only CERTIFICATE PEM blocks are allowed, found ${goQuote(label)}`
    if (hasHeaders) return 'no PEM block headers are permitted'
    if (der.length === 0) return 'found CERTIFICATE PEM block containing 0 certificates'
    if (!isCertificate(der)) return 'x509: malformed certificate'
  }
  return blocks.length === 0 ? 'must contain at least one CERTIFICATE PEM block' : undefined
}

function isCertificate(der: Uint8Array): boolean {
  try {
    return (
      readBitString(parseDer(der).children[2]!).length > 0 && new X509Certificate(der).serialNumber !== ''
    )
  } catch {
    return false
  }
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n((?:[^\n:]+:[^\n]*\n)*)\s*([A-Za-z0-9+/=\s]*?)-----END \1-----/g

function blocksOf(base64: string): PemBlock[] {
  const text = Buffer.from(base64, 'base64').toString('latin1')
  return [...text.matchAll(PEM)].map(([, label, headers, content]) => ({
    label: label!,
    hasHeaders: headers !== '',
    der: Buffer.from(content!, 'base64'),
  }))
}
