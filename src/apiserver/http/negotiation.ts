// Which media type a client wants its answer in, and in which one its body came.
//
// Decided before anything is read or changed, so that a client with an impossible wish never causes a write.
// Accept clauses are taken in the order of their quality and then of their specificity; the first that can be
// served wins. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/negotiation

import type { TableVersion } from '#api/codec/table.ts'
import { failure, notAcceptable, unsupportedMediaType } from '#api/meta/status.ts'
import type { RequestHead } from '#apiserver/request.ts'

export type MediaType = 'application/json' | 'application/yaml' | 'application/vnd.kubernetes.protobuf'

export const MEDIA_TYPES: readonly MediaType[] = [
  'application/json',
  'application/yaml',
  'application/vnd.kubernetes.protobuf',
]

const STREAM_MEDIA_TYPES: readonly string[] = [
  'application/json;stream=watch',
  'application/vnd.kubernetes.protobuf;stream=watch',
]

export type PatchMediaType =
  | 'application/json-patch+json'
  | 'application/merge-patch+json'
  | 'application/strategic-merge-patch+json'
  | 'application/apply-patch+yaml'

/** What an answer is turned into before it is encoded; `metaVersion` is `v1` or `v1beta1` of meta.k8s.io. */
export interface Conversion {
  readonly kind: 'Table' | 'PartialObjectMetadata' | 'PartialObjectMetadataList'
  readonly metaVersion: TableVersion
}

export interface OutputFormat {
  readonly mediaType: MediaType
  readonly pretty: boolean
  readonly as?: Conversion
}

/** What an endpoint can answer with beside the object itself. */
export interface Restrictions {
  /** Table and PartialObjectMetadata: resources yes, errors and discovery no. */
  readonly conversions: boolean
  /** No Table, where there are conversions: reviews have no columns. */
  readonly withoutTables?: boolean
}

export interface AcceptClause {
  readonly type: string
  readonly subtype: string
  readonly quality: number
  readonly parameters: Readonly<Record<string, string>>
}

/** Parses an Accept header; clauses come in the order in which they are to be tried. */
export function parseAccept(header: string): AcceptClause[] {
  const clauses: AcceptClause[] = []
  for (const part of header.split(',')) {
    const [range = '', ...parameterTexts] = part.trim().split(';')
    const [type = '', subtype = '', ...rest] = range.split('/').map((text) => text.trim())
    if (rest.length > 0 || (subtype === '' && type !== '*')) continue
    let quality = 1
    const parameters: Record<string, string> = {}
    for (const text of parameterTexts) {
      const [name = '', value, ...more] = text.split('=')
      if (value === undefined || value === '' || more.length > 0) continue
      if (name.trim() === 'q') quality = Number.parseFloat(value) || 0
      else parameters[name.trim()] = value.trim()
    }
    clauses.push({ type, subtype: subtype === '' ? '*' : subtype, quality, parameters })
  }
  return clauses.sort(byPreference)
}

function byPreference(a: AcceptClause, b: AcceptClause): number {
  if (a.quality !== b.quality) return b.quality - a.quality
  const wildness = (clause: AcceptClause) => (clause.type === '*' ? 2 : clause.subtype === '*' ? 1 : 0)
  return wildness(a) - wildness(b)
}

function headerOf(head: RequestHead, name: string): string {
  const value = head.headers[name]
  return typeof value === 'string' ? value : (value?.join(',') ?? '')
}

/** Chooses the answer's format; throws 406 where nothing fits. */
export function negotiateOutput(head: RequestHead, restrictions: Restrictions): OutputFormat {
  const accept = headerOf(head, 'accept')
  const pretty = wantsPretty(head)
  if (accept === '') return { mediaType: 'application/json', pretty }
  for (const clause of parseAccept(accept)) {
    for (const mediaType of MEDIA_TYPES) {
      if (!matches(clause, mediaType)) continue
      const format = formatFor(clause, mediaType, pretty, restrictions)
      if (format) return format
    }
  }
  throw notAcceptable(`only the following media types are accepted: ${MEDIA_TYPES.join(', ')}`)
}

/** YAML has no framing that clients would agree on: a watch in it is refused. Throws 406. */
export function requireStreamable({ mediaType }: OutputFormat): void {
  if (mediaType !== 'application/yaml') return
  throw notAcceptable(`only the following media types are accepted: ${STREAM_MEDIA_TYPES.join(', ')}`)
}

/** The format of an error, which is sent as JSON rather than not at all. */
export function errorFormat(head: RequestHead): OutputFormat {
  try {
    return negotiateOutput(head, { conversions: false })
  } catch {
    return { mediaType: 'application/json', pretty: true }
  }
}

function matches(clause: AcceptClause, mediaType: MediaType): boolean {
  const [type, subtype] = mediaType.split('/')
  if (clause.type === '*') return clause.subtype === '*'
  return clause.type === type && (clause.subtype === subtype || clause.subtype === '*')
}

function formatFor(
  clause: AcceptClause,
  mediaType: MediaType,
  pretty: boolean,
  restrictions: Restrictions,
): OutputFormat | undefined {
  const { as: kind, g: group, v: version, stream, sv, pretty: prettyParameter } = clause.parameters
  if (stream && stream !== 'watch') return undefined
  if (sv && sv !== 'v1') return undefined
  const format = { mediaType, pretty: pretty || prettyParameter === '1' }
  if (kind === undefined && group === undefined && version === undefined) return format
  if (!restrictions.conversions || group !== 'meta.k8s.io' || (version !== 'v1' && version !== 'v1beta1'))
    return undefined
  switch (kind) {
    case 'Table':
      if (restrictions.withoutTables || mediaType === 'application/vnd.kubernetes.protobuf') return undefined
      return { ...format, as: { kind, metaVersion: version } }
    case 'PartialObjectMetadata':
    case 'PartialObjectMetadataList':
      return { ...format, as: { kind, metaVersion: version } }
    default:
      return undefined
  }
}

/** `?pretty=true`, or a client that a person looks at. */
function wantsPretty(head: RequestHead): boolean {
  const parameter = head.query.get('pretty')
  if (parameter) return ['1', 't', 'T', 'true', 'TRUE', 'True'].includes(parameter)
  return /^(?:curl|Wget|Mozilla\/5\.0)/.test(headerOf(head, 'user-agent'))
}

/** The media type of a body; throws 415 where it is none of ours. Absent means JSON. */
export function negotiateInput(head: RequestHead): MediaType {
  const header = headerOf(head, 'content-type')
  if (header === '') return 'application/json'
  const type = header.split(';')[0]!.trim().toLowerCase()
  const found = MEDIA_TYPES.find((mediaType) => mediaType === type)
  if (!found) {
    throw unsupportedMediaType(
      `the body of the request was in an unknown format - accepted media types include: ${MEDIA_TYPES.join(', ')}`,
    )
  }
  return found
}

const PATCH_MEDIA_TYPES: readonly PatchMediaType[] = [
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/strategic-merge-patch+json',
  'application/apply-patch+yaml',
]

/** The media type of a patch, or undefined: the router answers that with its own plain 415. */
export function negotiatePatch(head: RequestHead): PatchMediaType | undefined {
  const type = headerOf(head, 'content-type').split(';')[0]!.trim()
  return PATCH_MEDIA_TYPES.find((mediaType) => mediaType === type)
}

/** What the paths of lists can have, as they may be watched. */
export const LIST_MEDIA_TYPES: readonly string[] = [...MEDIA_TYPES, ...STREAM_MEDIA_TYPES]

/**
 * The router's own look at `Accept`, before anybody else's: it knows no parameters and of wildcards only `*` + `/*`.
 * Throws 406 that names what could be had.
 */
export function requireAcceptable(head: RequestHead, available: readonly string[]): void {
  const accept = headerOf(head, 'accept')
  if (accept === '') return
  const wanted = accept.split(',').map((clause) => clause.split(';')[0]!.trim())
  if (wanted.some((type) => type === '*/*' || available.includes(type))) return
  const text = `406: Not Acceptable\n\nAvailable representations: ${available.join(', ')}`
  throw failure(406, 'NotAcceptable', text, {})
}
