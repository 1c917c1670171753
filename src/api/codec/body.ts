// A request body: which kind it claims to be, whether that is the kind that the path wants, and the object.
//
// All refusals are the 400s of Kubernetes, word by word; they name what the body said, or show its first bytes
// when not even that could be read. Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/handlers/{create,rest}.go,
// staging/src/k8s.io/apimachinery/pkg/runtime/serializer/json/json.go

import { DecodeError } from '#api/codec/go-decode.ts'
import { type Decoded, decodeJson, type FieldValidation } from '#api/codec/json.ts'
import { JsonSyntaxError } from '#api/codec/json-syntax.ts'
import { decodeYaml, YamlTextError } from '#api/codec/yaml.ts'
import { apiVersionOf, type GroupVersionKind, type JsonObject, parseApiVersion } from '#api/meta/object.ts'
import { badRequest, type StatusError } from '#api/meta/status.ts'
import { kindSchema } from '#api/schema/schema.ts'

export interface BodyOptions {
  readonly mediaType?: 'json' | 'yaml'
  readonly fieldValidation?: FieldValidation
}

export interface DecodedBody {
  readonly object: JsonObject
  /** Problems to send as warnings; with `Strict` they are an error instead. */
  readonly warnings: readonly string[]
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
  const claimed = claimedKind(body, wanted, options)
  const schema = kindSchema(claimed.group, claimed.version, claimed.kind)
  const reject = (why: string): StatusError =>
    badRequest(
      `${claimed.kind} in version ${JSON.stringify(claimed.version)} cannot be handled as a ${wanted.kind}: ${why}`,
    )
  if (!schema) {
    const groupVersion = JSON.stringify(apiVersionOf(claimed.group, claimed.version))
    throw reject(
      `no kind ${JSON.stringify(claimed.kind)} is registered for version ${groupVersion} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    )
  }
  const validation = options.fieldValidation ?? 'Warn'
  let decoded: Decoded
  try {
    decoded =
      options.mediaType === 'yaml'
        ? decodeYaml(body, schema, validation)
        : decodeJson(body, schema, validation)
  } catch (error) {
    if (error instanceof DecodeError || error instanceof JsonSyntaxError) throw reject(error.message)
    throw error
  }
  if (claimed.kind !== wanted.kind) {
    const wantedFolder = wanted.group === '' ? 'core' : wanted.group.split('.')[0]
    throw reject(
      `converting (${claimed.version}.${claimed.kind}) to (${wantedFolder}.${wanted.kind}): unknown conversion`,
    )
  }
  if (validation === 'Strict' && decoded.strictProblems.length > 0) {
    throw reject(`strict decoding error: ${decoded.strictProblems.join(', ')}`)
  }
  requireVersion(claimed, wanted)
  decoded.object['apiVersion'] = apiVersionOf(wanted.group, wanted.version)
  decoded.object['kind'] = wanted.kind
  return { object: decoded.object, warnings: decoded.strictProblems.flatMap(warningsOf) }
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

/** Kind and version as the body has them; throws when the body is no JSON object. */
function claimedKind(body: Uint8Array, wanted: GroupVersionKind, options: BodyOptions): GroupVersionKind {
  let head: { apiVersion: string; kind: string }
  try {
    head = options.mediaType === 'yaml' ? readHead(decodeYaml(body, undefined).object) : headOfJson(body)
  } catch (error) {
    if (!(error instanceof DecodeError || error instanceof JsonSyntaxError || error instanceof YamlTextError))
      throw error
    const why =
      error instanceof YamlTextError
        ? error.message
        : `couldn't get version/kind; json parse error: ${error.message}`
    throw badRequest(
      `the object provided is unrecognized (must be of type ${wanted.kind}): ${why} (${summarize(body)})`,
    )
  }
  const { group, version } = head.apiVersion === '' ? wanted : parseApiVersion(head.apiVersion)
  return { group, version, kind: head.kind || wanted.kind }
}

function headOfJson(body: Uint8Array): { apiVersion: string; kind: string } {
  const { object } = decodeJson(body, undefined)
  return readHead(object)
}

/** Go's name for the struct that it reads kind and version into. */
const HEAD_TYPE =
  'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'

function readHead(object: unknown): { apiVersion: string; kind: string } {
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
