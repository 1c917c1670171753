// The PKCS #10 request inside a CertificateSigningRequest. Pure.

import { decodePem, type ParsedRequest, parseCertificateRequest } from '#api/codec/x509.ts'

/** `encoded` is base64 of PEM, as in `spec.request`. */
export function parseEncodedRequest(encoded: string): ParsedRequest | { readonly error: string } {
  try {
    const der = decodePem(atob(encoded), 'CERTIFICATE REQUEST')
    if (!der) return { error: 'PEM block type must be CERTIFICATE REQUEST' }
    return parseCertificateRequest(der)
  } catch (error) {
    return { error: error instanceof Error ? error.message : String(error) }
  }
}
