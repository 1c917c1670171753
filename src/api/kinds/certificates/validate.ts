// Whether a signing request is well formed, and who may put what into its status.
//
// Upstream: pkg/apis/certificates/validation/validation.go

import { certificateProblem, requestProblem } from '#api/kinds/certificates/pem.ts'
import { signerName } from '#api/kinds/certificates/signer-name.ts'
import { clusterMetadata, metadataUpdate } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { duplicate, forbidden, invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { unifiedDiff } from '#api/meta/unified-diff.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type {
  CertificateSigningRequest,
  CertificateSigningRequestCondition,
} from '#api/types/certificates.ts'

const SPEC = new Path('spec')
const CONDITIONS = new Path('status.conditions')
const CERTIFICATE = new Path('status.certificate')
const LEGACY_SIGNER = 'kubernetes.io/legacy-unknown'
const MIN_SECONDS = 600
const ALWAYS_TRUE = ['Approved', 'Denied', 'Failed']
const STATUSES = ['False', 'True', 'Unknown']

const USAGES = [
  'any',
  'cert sign',
  'client auth',
  'code signing',
  'content commitment',
  'crl sign',
  'data encipherment',
  'decipher only',
  'digital signature',
  'email protection',
  'encipher only',
  'ipsec end system',
  'ipsec tunnel',
  'ipsec user',
  'key agreement',
  'key encipherment',
  'microsoft sgc',
  'netscape sgc',
  'ocsp signing',
  's/mime',
  'server auth',
  'signing',
  'timestamping',
]

/** Which parts of the status a way of writing may set. */
export interface StatusRights {
  readonly approval?: boolean
  readonly certificate?: boolean
}

type Request = CertificateSigningRequest
type Condition = CertificateSigningRequestCondition

const conditionsOf = ({ status }: Request): readonly Condition[] => status?.conditions ?? []
const certificateOf = ({ status }: Request): string => status?.certificate ?? ''
const hasRepeats = (items: readonly string[]): boolean => new Set(items).size < items.length

export function* validateRequest(request: Request, old: Request | undefined): FieldErrors {
  yield* clusterMetadata(request, () => [])
  const { spec } = request
  const problem = requestProblem(spec.request ?? '')
  if (problem !== undefined) yield invalid(SPEC.child('request'), shownBytes(spec.request), problem)
  yield* validateUsages(spec.usages ?? [], old?.spec.usages ?? [])
  const signer = SPEC.child('signerName')
  if (spec.signerName === LEGACY_SIGNER && old?.spec.signerName !== LEGACY_SIGNER) {
    yield invalid(signer, spec.signerName, 'the legacy signerName is not allowed via this API version')
  } else yield* signerName(signer, spec.signerName ?? '')
  const seconds = spec.expirationSeconds
  if (seconds !== undefined && seconds < MIN_SECONDS) {
    const text = 'may not specify a duration less than 600 seconds (10 minutes)'
    yield invalid(SPEC.child('expirationSeconds'), seconds, text)
  }
  yield* validateConditions(conditionsOf(request), old ? conditionsOf(old) : [])
  yield* validateCertificate(request, old)
}

/** Bytes are shown as their base64. */
const shownBytes = (base64: string | null | undefined): string | null => base64 ?? null

function* validateCertificate(request: Request, old: Request | undefined): FieldErrors {
  const certificate = certificateOf(request)
  if (old && (certificate === certificateOf(old) || certificateProblem(certificateOf(old)) !== undefined))
    return
  const problem = certificateProblem(certificate)
  if (problem !== undefined) yield invalid(CERTIFICATE, '<certificate data>', problem)
}

function* validateUsages(usages: readonly string[], old: readonly string[]): FieldErrors {
  const path = SPEC.child('usages')
  const isKnown = (usage: string): boolean => USAGES.includes(usage)
  if (usages.length === 0) yield required(path)
  if (old.every(isKnown)) {
    for (const [i, usage] of usages.entries()) {
      if (!isKnown(usage)) yield notSupported(path.index(i), usage, USAGES)
    }
  }
  if (hasRepeats(old)) return
  for (const [i, usage] of usages.entries()) {
    if (usages.indexOf(usage) < i) yield duplicate(path.index(i), usage)
  }
}

function* validateConditions(conditions: readonly Condition[], old: readonly Condition[]): FieldErrors {
  const had = (type: string): boolean => old.some((condition) => condition.type === type)
  const allowBoth = had('Approved') && had('Denied')
  const allowRepeats = hasRepeats(old.map(({ type }) => type))
  const seen = new Set<string>()
  for (const [i, { type, status }] of conditions.entries()) {
    const path = CONDITIONS.index(i)
    if (!type && !had('')) yield required(path.child('type'))
    const allowed = ALWAYS_TRUE.includes(type) ? ['True'] : STATUSES
    if (!status) yield required(path.child('status'))
    else if (!allowed.includes(status)) yield notSupported(path.child('status'), status, allowed)
    const opposite = type === 'Approved' ? 'Denied' : type === 'Denied' ? 'Approved' : undefined
    if (!allowBoth && opposite !== undefined && seen.has(opposite)) {
      yield invalid(CONDITIONS, type, 'Approved and Denied conditions are mutually exclusive')
    }
    if (!allowRepeats && seen.has(type)) yield duplicate(path.child('type'), type)
    seen.add(type)
  }
}

export function* validateRequestUpdate(request: Request, old: Request, rights: StatusRights): FieldErrors {
  yield* validateRequest(request, old)
  const ofType = (from: Request, type: string): Condition[] =>
    conditionsOf(from).filter((condition) => condition.type === type)
  for (const type of ALWAYS_TRUE) {
    if (ofType(request, type).length < ofType(old, type).length) {
      yield forbidden(CONDITIONS, `updates may not remove a condition of type "${type}"`)
    }
  }
  if (!rights.approval) {
    for (const type of ['Approved', 'Denied']) {
      yield* unchangedConditions(type, ofType(request, type), ofType(old, type))
    }
  }
  yield* validateNewCertificate(request, old, rights)
  yield* metadataUpdate(request, old)
}

function* unchangedConditions(
  type: string,
  now: readonly Condition[],
  then: readonly Condition[],
): FieldErrors {
  if (now.length > then.length)
    yield forbidden(CONDITIONS, `updates may not add a condition of type "${type}"`)
  else if (now.length === then.length && !semanticEqual(now, then)) {
    const text = `updates may not modify a condition of type "${type}"\n${unifiedDiff(then, now)}`
    yield forbidden(CONDITIONS, text)
  }
}

function* validateNewCertificate(request: Request, old: Request, rights: StatusRights): FieldErrors {
  if (certificateOf(request) === certificateOf(old)) return
  if (!rights.certificate) yield forbidden(CERTIFICATE, 'updates may not set certificate content')
  else if (certificateOf(old) !== '') {
    yield forbidden(CERTIFICATE, 'updates may not modify existing certificate content')
  }
}
