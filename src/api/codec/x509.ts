// X.509 certificates and PKCS #10 requests as data: encoded and decoded here, signed and verified by the caller.
//
// Pure: the signing function is handed in, so the same code makes the cluster's own certificates (cluster/pki), signs
// CertificateSigningRequests (controllers) and tells the API server who is behind a client certificate. What Node's
// own X509Certificate lacks is the subject as a list of attributes. Standards: RFC 5280, RFC 2986.

import {
  bitString,
  boolean,
  contextTag,
  DerError,
  type DerNode,
  element,
  integer,
  nothing,
  octetString,
  oid,
  parseDer,
  readBitString,
  readOid,
  readString,
  readTime,
  sequence,
  set,
  TAG,
  time,
  utf8String,
} from '#api/codec/der.ts'
import {
  EXT_KEY_USAGE_OIDS,
  type ExtKeyUsage,
  extKeyUsageName,
  type KeyUsage,
  keyUsageBits,
} from '#api/codec/key-usages.ts'

const OID = {
  commonName: '2.5.4.3',
  organization: '2.5.4.10',
  subjectKeyId: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  authorityKeyId: '2.5.29.35',
  extKeyUsage: '2.5.29.37',
  extensionRequest: '1.2.840.113549.1.9.14',
  /** A user's UID in a certificate's subject, by Kubernetes' own number. */
  userId: '1.3.6.1.4.1.57683.2',
} as const

const SIGNATURE_OIDS = {
  'ecdsa-sha256': sequence(oid('1.2.840.10045.4.3.2')),
  'rsa-sha256': sequence(oid('1.2.840.113549.1.1.11'), nothing()),
} as const

export type SignatureAlgorithm = keyof typeof SIGNATURE_OIDS

export interface DistinguishedName {
  readonly commonName: string
  readonly organizations: readonly string[]
}

export interface CertificateTemplate {
  /** Big-endian, at most 20 bytes. */
  readonly serialNumber: Uint8Array
  /** Or the DER of a name, to be taken over as it is. */
  readonly subject: DistinguishedName | Uint8Array
  /** Milliseconds since 1970. */
  readonly notBefore: number
  readonly notAfter: number
  /** DER of the SubjectPublicKeyInfo. */
  readonly publicKey: Uint8Array
  readonly isCa: boolean
  readonly keyUsages: readonly KeyUsage[]
  readonly extKeyUsages: readonly ExtKeyUsage[]
  readonly dnsNames: readonly string[]
  /** In text form, IPv4 or IPv6, or as bytes. */
  readonly ipAddresses: readonly (string | Uint8Array)[]
  readonly emailAddresses?: readonly string[]
  readonly uris?: readonly string[]
  /** SHA-1 or the like of the own key, and of the issuer's. */
  readonly subjectKeyId: Uint8Array
  readonly authorityKeyId?: Uint8Array
}

export interface Issuer {
  /** DER of the issuer's name. */
  readonly name: Uint8Array
  readonly algorithm: SignatureAlgorithm
  sign(tbs: Uint8Array): Uint8Array
}

/** The DER of a certificate. */
export function encodeCertificate(template: CertificateTemplate, issuer: Issuer): Uint8Array {
  const algorithm = SIGNATURE_OIDS[issuer.algorithm]
  const tbs = sequence(
    element(contextTag(0), integer(Uint8Array.of(2))),
    integer(template.serialNumber),
    algorithm,
    issuer.name,
    sequence(time(template.notBefore), time(template.notAfter)),
    template.subject instanceof Uint8Array ? template.subject : encodeName(template.subject),
    template.publicKey,
    element(contextTag(3), sequence(...extensions(template))),
  )
  return sequence(tbs, algorithm, bitString(issuer.sign(tbs)))
}

/** Organisations first, as Go writes them. */
export function encodeName(name: DistinguishedName): Uint8Array {
  const attribute = (type: string, value: string) => set(sequence(oid(type), utf8String(value)))
  return sequence(
    ...name.organizations.map((value) => attribute(OID.organization, value)),
    attribute(OID.commonName, name.commonName),
  )
}

function extensions(template: CertificateTemplate): Uint8Array[] {
  const extension = (type: string, critical: boolean, value: Uint8Array) =>
    sequence(oid(type), ...(critical ? [boolean(true)] : []), octetString(value))
  const usages = template.extKeyUsages.map((usage) => oid(EXT_KEY_USAGE_OIDS[usage]))
  const names = alternativeNames(template)
  return [
    ...(template.keyUsages.length > 0
      ? [extension(OID.keyUsage, true, keyUsageBits(template.keyUsages))]
      : []),
    ...(usages.length > 0 ? [extension(OID.extKeyUsage, false, sequence(...usages))] : []),
    extension(OID.basicConstraints, true, template.isCa ? sequence(boolean(true)) : sequence()),
    extension(OID.subjectKeyId, false, octetString(template.subjectKeyId)),
    ...(template.authorityKeyId
      ? [
          extension(
            OID.authorityKeyId,
            false,
            sequence(element(contextTag(0, false), template.authorityKeyId)),
          ),
        ]
      : []),
    ...(names.length > 0 ? [extension(OID.subjectAltName, false, sequence(...names))] : []),
  ]
}

function alternativeNames(
  template: Pick<CertificateTemplate, 'dnsNames' | 'ipAddresses' | 'emailAddresses' | 'uris'>,
): Uint8Array[] {
  const texts = (tag: number, values: readonly string[] = []): Uint8Array[] =>
    values.map((value) => element(contextTag(tag, false), new TextEncoder().encode(value)))
  const addresses = template.ipAddresses.map((address) =>
    element(contextTag(7, false), typeof address === 'string' ? ipBytes(address) : address),
  )
  return [
    ...texts(2, template.dnsNames),
    ...texts(1, template.emailAddresses),
    ...addresses,
    ...texts(6, template.uris),
  ]
}

/** 4 or 16 bytes of an address in text form. */
export function ipBytes(address: string): Uint8Array {
  if (!address.includes(':')) return Uint8Array.from(address.split('.').map(Number))
  const [head = '', tail] = address.split('::')
  const words = (text: string): number[] =>
    text === '' ? [] : text.split(':').map((word) => Number.parseInt(word, 16))
  const left = words(head)
  const right = words(tail ?? '')
  const zeros = tail === undefined ? [] : new Array<number>(8 - left.length - right.length).fill(0)
  return Uint8Array.from([...left, ...zeros, ...right].flatMap((word) => [word >> 8, word & 0xff]))
}

/** What Kubernetes asks of a certificate or of a request for one. */
export interface CertificateNames {
  readonly commonName: string
  readonly organizations: readonly string[]
  /** Values of Kubernetes' own UID attribute. */
  readonly userIds: readonly string[]
  readonly dnsNames: readonly string[]
  readonly ipAddresses: readonly Uint8Array[]
  readonly emailAddresses: readonly string[]
  readonly uris: readonly string[]
}

export interface ParsedCertificate extends CertificateNames {
  readonly serialNumber: Uint8Array
  readonly notBefore: number
  readonly notAfter: number
  /** DER of the subject, of the issuer, and of the SubjectPublicKeyInfo. */
  readonly subject: Uint8Array
  readonly issuer: Uint8Array
  readonly publicKey: Uint8Array
  /** Absent where the extension is: then the certificate serves every purpose. */
  readonly extKeyUsages?: readonly string[]
  readonly subjectKeyId: Uint8Array
  readonly authorityKeyId: Uint8Array
}

/** Reads a certificate; verifies nothing. Throws DerError. */
export function parseCertificate(der: Uint8Array): ParsedCertificate {
  const tbs = parseDer(der).children[0]
  if (!tbs) throw new DerError('not a certificate')
  const hasVersion = tbs.children[0]?.tag === contextTag(0)
  const [serial, , issuer, validity, subject, publicKey, ...rest] = tbs.children.slice(hasVersion ? 1 : 0)
  const [from, until] = validity?.children ?? []
  if (!serial || !issuer || !from || !until || !subject || !publicKey) throw new DerError('not a certificate')
  const list = rest.find((node) => node.tag === contextTag(3))?.children[0]?.children ?? []
  const found = extensionValues(list)
  const usages = found.get(OID.extKeyUsage)
  return {
    ...names(subject, found.get(OID.subjectAltName)),
    serialNumber: serial.content,
    notBefore: readTime(from),
    notAfter: readTime(until),
    subject: subject.raw,
    issuer: issuer.raw,
    publicKey: publicKey.raw,
    ...(usages && { extKeyUsages: usages.children.map(readOid).map(extKeyUsageName) }),
    subjectKeyId: found.get(OID.subjectKeyId)?.content ?? new Uint8Array(),
    authorityKeyId: found.get(OID.authorityKeyId)?.children[0]?.content ?? new Uint8Array(),
  }
}

export interface ParsedRequest extends CertificateNames {
  /** DER of the subject, and of the SubjectPublicKeyInfo. */
  readonly subject: Uint8Array
  readonly publicKey: Uint8Array
  /** Object identifier of how it is signed. */
  readonly signatureAlgorithm: string
  /** What the signature is over. */
  readonly signed: Uint8Array
  readonly signature: Uint8Array
}

/** Reads a PKCS #10 request; verifies nothing. Throws DerError. */
export function parseCertificateRequest(der: Uint8Array): ParsedRequest {
  const [info, algorithm, signature] = parseDer(der).children
  const [version, subject, publicKey, attributes] = info?.children ?? []
  if (!info || !signature || version?.tag !== TAG.integer || !subject || !publicKey) {
    throw new DerError('not a certificate request')
  }
  const requested = attributes?.children.find(
    (node) => node.children[0] && readOid(node.children[0]) === OID.extensionRequest,
  )
  const found = extensionValues(requested?.children[1]?.children[0]?.children ?? [])
  return {
    ...names(subject, found.get(OID.subjectAltName)),
    subject: subject.raw,
    publicKey: publicKey.raw,
    signatureAlgorithm: algorithm?.children[0] ? readOid(algorithm.children[0]) : '',
    signed: info.raw,
    signature: readBitString(signature),
  }
}

function extensionValues(list: readonly DerNode[]): ReadonlyMap<string, DerNode> {
  const values = new Map<string, DerNode>()
  for (const { children } of list) {
    const [type, value] = [children[0], children[children.length - 1]]
    if (type && value?.tag === TAG.octetString) values.set(readOid(type), parseDer(value.content))
  }
  return values
}

function names(subject: DerNode, altNames: DerNode | undefined): CertificateNames {
  const attributes = subject.children.flatMap((rdn) => rdn.children)
  const valuesOf = (type: string): string[] =>
    attributes.flatMap(({ children: [key, value] }) =>
      key && value && readOid(key) === type ? [readString(value)] : [],
    )
  const alternatives = (n: number): Uint8Array[] =>
    (altNames?.children ?? []).filter((node) => node.tag === contextTag(n, false)).map((node) => node.content)
  const texts = (n: number): string[] => alternatives(n).map((bytes) => new TextDecoder().decode(bytes))
  return {
    // The last one counts where there are several, as in Go.
    commonName: valuesOf(OID.commonName).at(-1) ?? '',
    organizations: valuesOf(OID.organization),
    userIds: valuesOf(OID.userId),
    emailAddresses: texts(1),
    dnsNames: texts(2),
    uris: texts(6),
    ipAddresses: alternatives(7),
  }
}

/** The first block of PEM with that label, or nothing. */
export function decodePem(text: string, label: string): Uint8Array | undefined {
  return decodePemAll(text, label)[0]
}

export function decodePemAll(text: string, label: string): Uint8Array[] {
  const pattern = new RegExp(`-----BEGIN ${label}-----\\s+([A-Za-z0-9+/=\\s]+?)-----END ${label}-----`, 'g')
  return [...text.matchAll(pattern)].map((match) => {
    const binary = atob((match[1] ?? '').replace(/\s/g, ''))
    return Uint8Array.from(binary, (char) => char.charCodeAt(0))
  })
}

export function encodePem(der: Uint8Array, label: string): string {
  let binary = ''
  for (const octet of der) binary += String.fromCharCode(octet)
  const lines = btoa(binary).match(/.{1,64}/g) ?? []
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`
}

/** A PKCS #10 request, as a client makes one for itself. */
export function encodeCertificateRequest(
  request: Pick<CertificateTemplate, 'publicKey' | 'dnsNames' | 'ipAddresses'> & {
    readonly subject: DistinguishedName
  },
  signer: Omit<Issuer, 'name'>,
): Uint8Array {
  const names = alternativeNames(request)
  const asked = sequence(sequence(oid(OID.subjectAltName), octetString(sequence(...names))))
  const attributes = names.length > 0 ? sequence(oid(OID.extensionRequest), set(asked)) : new Uint8Array()
  const info = sequence(
    integer(Uint8Array.of(0)),
    encodeName(request.subject),
    request.publicKey,
    element(contextTag(0), attributes),
  )
  return sequence(info, SIGNATURE_OIDS[signer.algorithm], bitString(signer.sign(info)))
}
