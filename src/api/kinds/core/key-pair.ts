// Whether a certificate and a key, both PEM in base64, belong together, in the words of Go's TLS library.
//
// Upstream: crypto/tls.X509KeyPair, as the strategy of Secret asks it for its warnings

import { createPrivateKey, X509Certificate } from 'node:crypto'

interface PemBlock {
  readonly label: string
  readonly text: string
}

/** What is wrong with the pair; undefined for nothing. */
export function keyPairProblem(certificateBase64: string, keyBase64: string): string | undefined {
  const certificates = blocksOf(certificateBase64)
  const certificate = certificates.find(({ label }) => label === 'CERTIFICATE')
  if (!certificate) return noBlock('certificate', 'certificate', certificates, 'CERTIFICATE')
  const keys = blocksOf(keyBase64)
  const key = keys.find(({ label }) => label === 'PRIVATE KEY' || label.endsWith(' PRIVATE KEY'))
  if (!key) return noBlock('key', 'key', keys, 'PRIVATE KEY')
  return mismatch(certificate.text, key.text)
}

function noBlock(what: string, input: string, found: readonly PemBlock[], wanted: string): string {
  if (found.length === 0) return `tls: failed to find any PEM data in ${input} input`
  const labels = found.map(({ label }) => label).join(' ')
  if (found.length === 1 && what === 'certificate' && labels.endsWith('PRIVATE KEY')) {
    return 'tls: failed to find certificate PEM data in certificate input, but did find a private key; PEM inputs may have been switched'
  }
  if (found.length === 1 && what === 'key' && labels === 'CERTIFICATE') {
    return 'tls: found a certificate rather than a key in the PEM for the private key'
  }
  const ending = wanted === 'PRIVATE KEY' ? ' ending in "PRIVATE KEY"' : ''
  return wanted === 'PRIVATE KEY'
    ? `tls: failed to find PEM block with type${ending} in key input after skipping PEM blocks of the following types: [${labels}]`
    : `tls: failed to find "${wanted}" PEM block in certificate input after skipping PEM blocks of the following types: [${labels}]`
}

function mismatch(certificatePem: string, keyPem: string): string | undefined {
  let certificate: X509Certificate
  try {
    certificate = new X509Certificate(certificatePem)
  } catch {
    return 'x509: malformed certificate'
  }
  try {
    const key = createPrivateKey(keyPem)
    return certificate.checkPrivateKey(key) ? undefined : 'tls: private key does not match public key'
  } catch {
    return 'tls: failed to parse private key'
  }
}

const PEM = /-----BEGIN ([A-Z0-9 ]+)-----\r?\n[\s\S]*?-----END \1-----/g

function blocksOf(base64: string): PemBlock[] {
  const text = Buffer.from(base64, 'base64').toString('latin1')
  return [...text.matchAll(PEM)].map(([block, label]) => ({ label: label!, text: block }))
}
