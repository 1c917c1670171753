// Client certificates: who is in the subject, when the chain leads to an authority that this server trusts.
//
// CN is the user, each O a group. The TLS layer asks for certificates but judges none (a client without one may have a
// token), so everything is verified here: signatures up to a trusted authority, validity at this moment, and that
// client authentication is among the purposes. The signature part is remembered for each connection, the time is not.
// Upstream: staging/src/k8s.io/apiserver/pkg/authentication/request/x509/x509.go

import { createHash, X509Certificate } from 'node:crypto'
import { decodePemAll, type ParsedCertificate, parseCertificate } from '#api/codec/x509.ts'
import { unauthorized } from '#api/meta/status.ts'
import type { Authenticator, UserInfo } from '#apiserver/request.ts'
import type { Clock } from '#sys/clock.ts'

/** Longer chains than this are nobody's. */
const MAX_CHAIN = 5

interface Parsed {
  readonly parsed: ParsedCertificate
  readonly x509: X509Certificate
}

export interface CertificateVerifier {
  /** Gives the leaf; throws 401 with the reason when it cannot be trusted as a client. */
  verify(chain: readonly Uint8Array[]): ParsedCertificate
}

/** `authorities`: PEM, one or more certificates. */
export function certificateVerifier(authorities: string, clock: Clock): CertificateVerifier {
  const roots = decodePemAll(authorities, 'CERTIFICATE').map(parse)
  /** By leaf: the path that was found to a root. An entry lives as long as the server knows the leaf (client-address.ts). */
  const paths = new WeakMap<Uint8Array, readonly Parsed[]>()

  function pathOf(chain: readonly Uint8Array[], leafBytes: Uint8Array): readonly Parsed[] {
    const known = paths.get(leafBytes)
    if (known) return known
    const [leaf, ...intermediates] = chain.slice(0, MAX_CHAIN).map(parseOrRefuse)
    const path = leaf && findPath(leaf, intermediates, roots)
    if (!path) throw unauthorized('x509: certificate signed by unknown authority')
    paths.set(leafBytes, path)
    return path
  }

  return {
    verify(chain) {
      const leafBytes = chain[0]
      if (!leafBytes) throw unauthorized('no certificate')
      const path = pathOf(chain, leafBytes)
      const leaf = path[0]!.parsed
      for (const { parsed } of path) checkTime(parsed, clock.now())
      const usages = leaf.extKeyUsages
      if (usages && !usages.includes('clientAuth') && !usages.includes('2.5.29.37.0')) {
        throw unauthorized('x509: certificate specifies an incompatible key usage')
      }
      return leaf
    },
  }
}

/** User and groups from a verified certificate; undefined without a CN. */
export function userOfCertificate(certificate: ParsedCertificate, der: Uint8Array): UserInfo | undefined {
  if (certificate.commonName === '') return undefined
  const uids = certificate.userIds
  if (uids.length > 1) throw unauthorized(`expected 1 UID, but found multiple: [${uids.join(' ')}]`)
  if (uids[0] === '') throw unauthorized('UID cannot be an empty string')
  const fingerprint = createHash('sha256').update(der).digest('hex')
  return {
    name: certificate.commonName,
    ...(uids[0] !== undefined && { uid: uids[0] }),
    groups: certificate.organizations,
    extra: { 'authentication.kubernetes.io/credential-id': [`X509SHA256=${fingerprint}`] },
  }
}

/** `head.clientCertificates` should be the same array for all requests of one connection. */
export function clientCertificateAuthenticator(verifier: CertificateVerifier): Authenticator {
  const users = new WeakMap<Uint8Array, UserInfo>()
  return {
    name: 'x509',
    async authenticate(head) {
      const chain = head.clientCertificates
      const leaf = chain?.[0]
      if (!chain || !leaf) return undefined
      const certificate = verifier.verify(chain)
      const user = users.get(leaf) ?? userOfCertificate(certificate, leaf)
      if (user) users.set(leaf, user)
      return user
    },
  }
}

function parse(der: Uint8Array): Parsed {
  return { parsed: parseCertificate(der), x509: new X509Certificate(der) }
}

function parseOrRefuse(der: Uint8Array): Parsed {
  try {
    return parse(der)
  } catch (error) {
    throw unauthorized(
      `x509: malformed certificate: ${error instanceof Error ? error.message : String(error)}`,
    )
  }
}

/** The certificates from `leaf` to a root, or nothing; a root that is presented as leaf counts as well. */
function findPath(
  leaf: Parsed,
  intermediates: readonly Parsed[],
  roots: readonly Parsed[],
): readonly Parsed[] | undefined {
  if (roots.some((root) => root.x509.fingerprint256 === leaf.x509.fingerprint256)) return [leaf]
  const root = roots.find((candidate) => isIssuedBy(leaf, candidate))
  if (root) return [leaf, root]
  for (const [index, candidate] of intermediates.entries()) {
    if (!candidate.x509.ca || !isIssuedBy(leaf, candidate)) continue
    const rest = findPath(candidate, intermediates.toSpliced(index, 1), roots)
    if (rest) return [leaf, ...rest]
  }
  return undefined
}

function isIssuedBy(certificate: Parsed, issuer: Parsed): boolean {
  return (
    Buffer.from(certificate.parsed.issuer).equals(issuer.parsed.subject) &&
    certificate.x509.verify(issuer.x509.publicKey)
  )
}

function checkTime(certificate: ParsedCertificate, now: number): void {
  const text = (millis: number) => `${new Date(millis).toISOString().slice(0, 19)}Z`
  const expired = 'x509: certificate has expired or is not yet valid: current time'
  if (now < certificate.notBefore) {
    throw unauthorized(`${expired} ${text(now)} is before ${text(certificate.notBefore)}`)
  }
  if (now > certificate.notAfter) {
    throw unauthorized(`${expired} ${text(now)} is after ${text(certificate.notAfter)}`)
  }
}
