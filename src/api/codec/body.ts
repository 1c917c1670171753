// A request body: which kind it claims to be, whether that is the kind that the path wants, and the object.
//
// All refusals are the 400s of Kubernetes, word by word; they name what the body said, or show its first bytes
// when not even that could be read. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,rest}.go,
// staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go

import { DecodeError } from '#api/codec/go-decode.ts'
import { type Decoded, decodeParsed, type FieldValidation, parsePlain } from '#api/codec/json.ts'
import { JsonSyntaxError, parseRaw } from '#api/codec/json-syntax.ts'
import { decodeProtobufMessage, openProtobuf } from '#api/codec/protobuf.ts'
import { ProtobufError } from '#api/codec/protobuf-wire.ts'
import { decodeYaml, parseYaml, YamlTextError } from '#api/codec/yaml.ts'
import { apiVersionOf, type GroupVersionKind, type JsonObject, parseApiVersion } from '#api/meta/object.ts'
import { badRequest, type StatusError } from '#api/meta/status.ts'
import { kindSchema, type TypeSchema } from '#api/schema/schema.ts'

export interface BodyOptions {
  readonly mediaType?: 'json' | 'yaml' | 'protobuf'
  readonly fieldValidation?: FieldValidation
  /** Versions that are no longer served but have the same fields, and are still taken: old clients send them. */
  readonly formerVersions?: readonly string[]
}

export interface DecodedBody {
  readonly object: JsonObject
  /** Problems to send as warnings; with `Strict` they are an error instead. */
  readonly warnings: readonly string[]
}

/** A body of which only the head is known. */
interface OpenBody {
  readonly apiVersion: string
  readonly kind: string
  decode(schema: TypeSchema | undefined, validation: FieldValidation): Decoded
}

/**
 * Decodes the body of a create or update of `wanted`, a built-in kind. An absent kind or version is taken from
 * `wanted`. Throws StatusError 400.
 */
export function decodeBody(
  body: Uint8Array,
  wanted: GroupVersionKind,
  options: BodyOptions = {},
): DecodedBody {
  const open = openBody(body, wanted, options)
  if (open.apiVersion.split('/').length > 2) {
    throw unrecognized(body, wanted, `unexpected GroupVersion string: ${open.apiVersion}`)
  }
  const claimed = claimedKind(open, wanted, options.formerVersions)
  const reject = (why: string): StatusError =>
    badRequest(
      `${claimed.kind} in version ${JSON.stringify(claimed.version)} cannot be handled as a ${wanted.kind}: ${why}`,
    )
  const schema = kindSchema(claimed.group, claimed.version, claimed.kind)
  if (!schema) {
    throw reject(notRegistered(claimed.kind, apiVersionOf(claimed.group, claimed.version)))
  }
  const validation = options.fieldValidation ?? 'Warn'
  const decoded = attempt(() => open.decode(schema, validation), reject)
  if (claimed.kind !== wanted.kind) {
    const folder = wanted.group === '' ? 'core' : wanted.group.split('.')[0]
    throw reject(
      `converting (${claimed.version}.${claimed.kind}) to (${folder}.${wanted.kind}): unknown conversion`,
    )
  }
  if (validation === 'Strict' && decoded.strictProblems.length > 0) {
    throw reject(`strict decoding error: ${decoded.strictProblems.join(', ')}`)
  }
  requireVersion(claimed, wanted)
  const { kind: _, apiVersion: __, ...rest } = decoded.object
  return {
    object: { kind: wanted.kind, apiVersion: apiVersionOf(wanted.group, wanted.version), ...rest },
    warnings: decoded.strictProblems.flatMap(warningsOf),
  }
}

/** Decodes a body of any kind, without a schema: custom resources. Throws StatusError 400 for what is no object. */
export function decodeUntypedBody(body: Uint8Array, wanted: GroupVersionKind, options: BodyOptions): Decoded {
  const open = openBody(body, wanted, options)
  const reject = (why: string): StatusError =>
    badRequest(
      `${wanted.kind} in version ${JSON.stringify(wanted.version)} cannot be handled as a ${wanted.kind}: ${why}`,
    )
  return attempt(() => open.decode(undefined, options.fieldValidation ?? 'Warn'), reject)
}

/** Runs a decoder; what it says of the body becomes the reason of `reject`. */
function attempt<T>(decode: () => T, reject: (why: string) => StatusError): T {
  try {
    return decode()
  } catch (error) {
    if (error instanceof DecodeError || error instanceof JsonSyntaxError) throw reject(error.message)
    if (error instanceof YamlTextError || error instanceof ProtobufError) throw reject(error.message)
    throw error
  }
}

/** YAML's doubled keys are one problem of several lines, and a warning each. */
function warningsOf(problem: string): readonly string[] {
  const [, ...lines] = problem.split('\n')
  return lines.length === 0 ? [problem] : lines.map((line) => line.trim())
}

function requireVersion(claimed: GroupVersionKind, wanted: GroupVersionKind): void {
  const given = apiVersionOf(claimed.group, claimed.version)
  const expected = apiVersionOf(wanted.group, wanted.version)
  if (given === expected) return
  throw badRequest(
    `the API version in the data (${given}) does not match the expected API version (${expected})`,
  )
}

/** An absent kind or version is that of the path, and so is a former version. */
function claimedKind(
  open: OpenBody,
  wanted: GroupVersionKind,
  formerVersions: readonly string[] = [],
): GroupVersionKind {
  const { group, version } = open.apiVersion === '' ? wanted : parseApiVersion(open.apiVersion)
  const kind = open.kind || wanted.kind
  const isFormer = group === wanted.group && kind === wanted.kind && formerVersions.includes(version)
  return isFormer ? wanted : { group, version, kind }
}

/** Reads the head of a body; throws StatusError 400 that shows its first bytes when there is none. */
function openBody(body: Uint8Array, wanted: GroupVersionKind, options: BodyOptions): OpenBody {
  const refuse = (why: string): StatusError => unrecognized(body, wanted, why)
  if (options.mediaType === 'protobuf') return attempt(() => openProtobufBody(body), refuse)
  if (options.mediaType === 'yaml') return attempt(() => openYamlBody(body), refuse)
  return attempt(
    () => openJsonBody(body),
    (why) => refuse(`${NO_HEAD}${why}`),
  )
}

/** What stands before the reason why a body's kind and version cannot be read. */
export const NO_HEAD = "couldn't get version/kind; json parse error: "

function unrecognized(body: Uint8Array, wanted: GroupVersionKind, why: string): StatusError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${wanted.kind}): ${why} (${summarize(body)})`,
  )
}

/** What is said of a kind that there is not. */
export const notRegistered = (kind: string, apiVersion: string): string =>
  `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`

function openProtobufBody(body: Uint8Array): OpenBody {
  const { apiVersion, kind, raw } = openProtobuf(body)
  return {
    apiVersion,
    kind,
    decode(schema) {
      if (!schema) throw new ProtobufError(`no fields of ${kind} are known`)
      return { object: decodeProtobufMessage(raw, schema), strictProblems: [] }
    },
  }
}

function openYamlBody(body: Uint8Array): OpenBody {
  return {
    ...readHead(parseYaml(body) ?? {}),
    decode: (schema, validation) => decodeYaml(body, schema, validation),
  }
}

function openJsonBody(body: Uint8Array): OpenBody {
  // a byte order mark is no JSON
  const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(body)
  const value = parsePlain(text)
  if (value === undefined) parseRaw(text)
  return {
    ...readHead(value ?? {}),
    decode: (schema, validation) => decodeParsed(text, value, schema, validation),
  }
}

/** Go's name for the struct that it reads kind and version into. */
const HEAD_TYPE =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

/** Kind and version of what a body holds; throws DecodeError where they are not texts. */
export function readHead(object: unknown): { apiVersion: string; kind: string } {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) {
    throw new DecodeError(`json: cannot unmarshal ${goKind(object)} into Go value of type ${HEAD_TYPE}`)
  }
  const { apiVersion, kind } = object as JsonObject
  for (const [name, value] of [
    ['apiVersion', apiVersion],
    ['kind', kind],
  ] as const) {
    if (value == null || typeof value === 'string') continue
    throw new DecodeError(
      `json: cannot unmarshal ${goKind(value)} into Go struct field .${name} of type string`,
    )
  }
  return { apiVersion: (apiVersion as string | undefined) ?? '', kind: (kind as string | undefined) ?? '' }
}

const goKind = (value: unknown): string =>
  Array.isArray(value) ? 'array' : typeof value === 'boolean' ? 'bool' : typeof value

const SHOWN_BYTES = 30

/** The first bytes of a body for an error: as text when it begins like JSON, else in hexadecimal. */
function summarize(body: Uint8Array): string {
  if (body.length === 0) return '<empty>'
  const head = Buffer.from(body.subarray(0, SHOWN_BYTES))
  const text = head.toString(body[0] === 0x7b ? 'utf8' : 'hex')
  return body.length > SHOWN_BYTES ? `${text} ...` : text
}
