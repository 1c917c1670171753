// When a CertificateSigningRequest has served its purpose. Pure.
//
// Upstream: pkg/controller/certificates/cleaner/cleaner.go

import { decodePem, parseCertificate } from '#api/codec/x509.ts'
import type { CertificateSigningRequest } from '#api/types/certificates.ts'
import { isIssued } from '#controllers/certificates/requests.ts'

const HOUR_MS = 3_600_000
/** What is decided stays so long for its author to fetch it, what nobody decides so long for somebody to do so. */
const DECIDED_MS = HOUR_MS
const UNDECIDED_MS = 24 * HOUR_MS

/** In milliseconds since 1970; undefined when nothing is known that would end it. */
export function expiresAtMs(request: CertificateSigningRequest): number | undefined {
  const { conditions = [] } = request.status ?? {}
  const times = conditions.flatMap(({ type, lastUpdateTime }) => {
    if (lastUpdateTime === undefined || !['Approved', 'Denied', 'Failed'].includes(type)) return []
    const isWaiting = type === 'Approved' && !isIssued(request)
    return [Date.parse(lastUpdateTime) + (isWaiting ? UNDECIDED_MS : DECIDED_MS)]
  })
  if (conditions.length === 0) {
    times.push(Date.parse(request.metadata?.creationTimestamp ?? '') + UNDECIDED_MS)
  }
  const endOfCertificate = conditions.some(({ type }) => type === 'Approved')
    ? certificateEnd(request)
    : undefined
  if (endOfCertificate !== undefined) times.push(endOfCertificate)
  return times.length > 0 ? Math.min(...times) : undefined
}

function certificateEnd({ status }: CertificateSigningRequest): number | undefined {
  try {
    const der = decodePem(atob(status?.certificate ?? ''), 'CERTIFICATE')
    return der && parseCertificate(der).notAfter
  } catch {
    // Other signers write what they like; what is no certificate does not expire.
    return undefined
  }
}
