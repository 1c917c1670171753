// The directory with a cluster's certificates: makes what is missing, replaces what is old, leaves the rest alone.
//
// Calling it again changes nothing, so it runs at each start and on a timer. A certificate is replaced at two thirds
// of its life, when its names changed, or when its authority or key does not fit; an authority never (all trust
// hangs on it). Invariants: private keys are 0600, a crash leaves old or new files and never half ones, and a
// certificate is written only after its key, since a reader takes the pair by the certificate.

import { createPublicKey, generateKeyPair } from 'node:crypto'
import { chmod, mkdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { ipBytes, type ParsedCertificate, parseCertificate } from '#api/codec/x509.ts'
import { formatIp } from '#api/meta/ip.ts'
import {
  type CertificateRequest,
  createAuthority,
  derOf,
  issueCertificate,
  type KeyedCertificate,
  keyMatches,
} from '#cluster/pki/authority.ts'
import { AUTHORITIES, type AuthorityName, type CertificateSpec } from '#cluster/pki/certificates.ts'
import type { Clock } from '#sys/clock.ts'
import { lockFile } from '#sys/file-lock.ts'
import { writeFileAtomically } from '#sys/files.ts'
import type { Random } from '#sys/random.ts'

/** Making all certificates of a cluster takes less than a second. */
const LOCK_WAIT_MS = 30_000

export interface PkiFiles {
  readonly certificate: string
  readonly key: string
}

export interface ClusterPki {
  readonly directory: string
  /** Paths of a pair; the name is that of its CertificateSpec or of an authority. */
  files(name: string): PkiFiles
  /** Makes or renews the certificates of `specs`; gives the names of those that were written. */
  ensure(specs: readonly CertificateSpec[]): Promise<readonly string[]>
  /** Reads a pair. */
  read(name: string): Promise<KeyedCertificate>
  /** The key pair that signs service account tokens: PKCS#8 and SPKI, PEM. */
  readonly serviceAccountKeys: { readonly privateKey: string; readonly publicKey: string }
}

export interface PkiDependencies {
  readonly clock: Clock
  readonly random: Random
}

/** Opens the directory; makes it, its authorities and the service account key where they are missing. */
export async function openClusterPki(directory: string, dependencies: PkiDependencies): Promise<ClusterPki> {
  const { clock, random } = dependencies
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await chmod(directory, 0o700)
  const files = (name: string): PkiFiles => ({
    certificate: join(directory, `${name}.crt`),
    key: join(directory, `${name}.key`),
  })
  const read = async (name: string): Promise<KeyedCertificate> => ({
    certificate: await readFile(files(name).certificate, 'utf8'),
    key: await readFile(files(name).key, 'utf8'),
  })
  async function write(name: string, pair: KeyedCertificate): Promise<void> {
    await writeFileAtomically(files(name).key, pair.key, 0o600)
    await writeFileAtomically(files(name).certificate, pair.certificate, 0o600)
  }

  async function authorityOf(name: AuthorityName, commonName: string): Promise<KeyedCertificate> {
    const present = await unlessAbsent(read(name))
    if (present && !keyMatches(present))
      throw new Error(`${files(name).certificate} and its key do not belong together`)
    if (present) return present
    const made = createAuthority(commonName, clock.now(), random)
    await write(name, made)
    return made
  }

  const authorities = new Map<AuthorityName, KeyedCertificate>()
  const serviceAccountKeys = await withLock(directory, async () => {
    for (const [name, commonName] of Object.entries(AUTHORITIES) as [AuthorityName, string][])
      authorities.set(name, await authorityOf(name, commonName))
    return ensureServiceAccountKeys(directory)
  })

  async function ensureOne(spec: CertificateSpec): Promise<readonly string[]> {
    const authority = authorities.get(spec.authority)
    if (!authority) throw new Error(`no authority ${spec.authority}`)
    const present = await unlessAbsent(read(spec.name))
    if (present && !needsRenewal(present, spec, authority, clock.now())) return []
    const request = present && spec.isShared ? withNamesOf(present, spec) : spec
    await write(spec.name, issueCertificate(authority, request, clock.now(), random))
    return [spec.name]
  }

  return {
    directory,
    files,
    read,
    serviceAccountKeys,
    ensure: (specs) => withLock(directory, async () => (await Promise.all(specs.map(ensureOne))).flat()),
  }
}

/** Several API servers may share a directory: one of them makes what is missing while the others wait. */
async function withLock<T>(directory: string, work: () => Promise<T>): Promise<T> {
  const lock = await lockFile(join(directory, 'lock'), LOCK_WAIT_MS)
  if (!lock)
    throw new Error(`another process has been changing the certificates in ${directory} for too long`)
  try {
    return await work()
  } finally {
    await lock.release()
  }
}

/** A server that shares the certificate may have other names: they are kept, or the two would replace it in turn. */
function withNamesOf(present: KeyedCertificate, wanted: CertificateSpec): CertificateSpec {
  try {
    const { dnsNames, ipAddresses } = parseCertificate(derOf(present.certificate))
    return {
      ...wanted,
      dnsNames: [...new Set([...(wanted.dnsNames ?? []), ...dnsNames])],
      ipAddresses: [
        ...new Set([...(wanted.ipAddresses ?? []), ...ipAddresses.map((bytes) => formatIp({ bytes }))]),
      ],
    }
  } catch {
    // unreadable: its names are lost with it
    return wanted
  }
}

/** Whether a pair has to be replaced. */
export function needsRenewal(
  pair: KeyedCertificate,
  wanted: CertificateRequest,
  authority: KeyedCertificate,
  now: number,
): boolean {
  try {
    const certificate = parseCertificate(derOf(pair.certificate))
    const issuer = parseCertificate(derOf(authority.certificate))
    const isOld = now >= renewalTime(certificate)
    const isForeign = !Buffer.from(certificate.authorityKeyId).equals(issuer.subjectKeyId)
    return isOld || isForeign || !hasNames(certificate, wanted) || !keyMatches(pair)
  } catch {
    // Unreadable is as good as absent: it is replaced.
    return true
  }
}

/** When two thirds of a certificate's life are over. */
export function renewalTime(certificate: Pick<ParsedCertificate, 'notBefore' | 'notAfter'>): number {
  return certificate.notBefore + ((certificate.notAfter - certificate.notBefore) * 2) / 3
}

/** Names may be more than wanted: an address that is gone does not call for a new certificate. */
function hasNames(certificate: ParsedCertificate, wanted: CertificateRequest): boolean {
  const organizations = [...(wanted.organizations ?? [])].sort()
  const addresses = new Set(certificate.ipAddresses.map(String))
  return (
    certificate.commonName === wanted.commonName &&
    [...certificate.organizations].sort().join('\n') === organizations.join('\n') &&
    (wanted.dnsNames ?? []).every((name) => certificate.dnsNames.includes(name)) &&
    (wanted.ipAddresses ?? []).every((address) => addresses.has(String(ipBytes(address)))) &&
    wanted.usages.every((usage) => certificate.extKeyUsages?.includes(usage) ?? false)
  )
}

async function ensureServiceAccountKeys(directory: string): Promise<ClusterPki['serviceAccountKeys']> {
  const path = join(directory, 'sa.key')
  let privateKey = await unlessAbsent(readFile(path, 'utf8'))
  if (privateKey === undefined) {
    const pair = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 })
    privateKey = pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
    await writeFileAtomically(path, privateKey, 0o600)
  }
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString()
  const publicPath = join(directory, 'sa.pub')
  if ((await unlessAbsent(readFile(publicPath, 'utf8'))) !== publicKey)
    await writeFileAtomically(publicPath, publicKey, 0o600)
  return { privateKey, publicKey }
}

async function unlessAbsent<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
