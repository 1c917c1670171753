// From the body of a write to the object that the registry works on: in the stored version, defaulted.
//
// Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/versioning/versioning.go

import { decodeBody, NO_HEAD, readHead } from '#api/codec/body.ts'
import { decodeJson, decodeValue, type FieldValidation } from '#api/codec/json.ts'
import { JsonSyntaxError, parseRaw, plainOf } from '#api/codec/json-syntax.ts'
import { decodeProtobufMessage, openProtobuf, PROTOBUF_MEDIA_TYPE } from '#api/codec/protobuf.ts'
import { decodeYaml, parseYaml } from '#api/codec/yaml.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'
import { apiVersionOf, type GroupVersionKind, type JsonObject } from '#api/meta/object.ts'
import { badRequest } from '#api/meta/status.ts'
import { kindSchema, type TypeSchema } from '#api/schema/schema.ts'
import type { RequestAudit } from '#apiserver/audit/request-audit.ts'
import type { MediaType } from '#apiserver/http/negotiation.ts'
import { toStored, toVersion } from '#apiserver/registry/catalog.ts'
import { decodeCustom } from '#apiserver/registry/decode-custom.ts'

/** A body as bytes from a socket, or an object from within this process. */
export type Body =
  | { readonly type: 'bytes'; readonly bytes: Uint8Array; readonly mediaType: MediaType }
  | { readonly type: 'object'; readonly object: object }

export interface DecodeOptions {
  readonly validation: FieldValidation
  /** Records what was sent, if it is to be. */
  readonly audit?: RequestAudit | undefined
  /** Told of unknown and doubled fields when `validation` is Warn. */
  warn(text: string): void
  /** See BodyOptions of api/codec/body.ts. */
  readonly formerVersions?: readonly string[]
}

const BODY_FORMATS = {
  'application/json': 'json',
  'application/yaml': 'yaml',
  'application/vnd.kubernetes.protobuf': 'protobuf',
} as const

/** Decodes a body into the kind of the path, converted to its stored version and defaulted. */
export function decodeKind(
  body: Body,
  kind: KindDefinition,
  version: string,
  options: DecodeOptions,
): JsonObject {
  const type = { group: kind.group, version, kind: kind.kind }
  // recorded below, when its defaults are there
  const unrecorded = { ...options, audit: undefined }
  const object = kind.custom
    ? decodeCustom(body, type, kind.custom, unrecorded)
    : decodeTyped(body, type, unrecorded)
  const stored = toStored(kind, object, version)
  kind.defaults?.(stored)
  options.audit?.requestObject(toVersion(kind, stored, version))
  return stored
}

/** Decodes a body into a type; throws 400 for anything else. Gives it with the apiVersion and kind of the path. */
export function decodeTyped(body: Body, wanted: GroupVersionKind, options: DecodeOptions): JsonObject {
  const object =
    body.type === 'object' ? decodeInProcess(body.object, wanted) : decodeBytes(body, wanted, options)
  options.audit?.requestObject(object)
  return object
}

function decodeBytes(
  body: Extract<Body, { type: 'bytes' }>,
  wanted: GroupVersionKind,
  options: DecodeOptions,
): JsonObject {
  const { object, warnings } = decodeBody(body.bytes, wanted, {
    mediaType: BODY_FORMATS[body.mediaType],
    fieldValidation: options.validation,
    ...(options.formerVersions && { formerVersions: options.formerVersions }),
  })
  for (const problem of warnings) warnOf(problem, options)
  return headFirst(wanted, object)
}

/** The options of a DELETE; clients send them as `v1` and as the version of any group. */
export function decodeDeleteOptions(body: Body): JsonObject {
  const options = decodeAnyDeleteOptions(body)
  const { kind = 'DeleteOptions', apiVersion = '' } = options as { kind?: string; apiVersion?: string }
  if (kind === 'DeleteOptions') return options
  const scheme = 'k8s.io/apimachinery/pkg/apis/meta/internalversion/scheme/register.go:27'
  throw badRequest(
    `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "${scheme}"`,
  )
}

function decodeAnyDeleteOptions(body: Body): JsonObject {
  const schema = kindSchema('', 'v1', 'DeleteOptions')
  try {
    if (body.type === 'object') return decodeValue(body.object, schema).object
    if (body.mediaType === PROTOBUF_MEDIA_TYPE)
      return decodeProtobufMessage(openProtobuf(body.bytes).raw, schema!)
    return decodeText(body, schema)
  } catch (error) {
    const isSyntax = error instanceof JsonSyntaxError
    throw badRequest(`${isSyntax ? NO_HEAD : ''}${(error as Error).message}`)
  }
}

function decodeText(body: Extract<Body, { type: 'bytes' }>, schema: TypeSchema | undefined): JsonObject {
  const isYaml = body.mediaType === 'application/yaml'
  const value = isYaml ? parseYaml(body.bytes) : plainOf(parseRaw(new TextDecoder().decode(body.bytes)))
  try {
    readHead(value ?? {})
  } catch (error) {
    throw new Error(`${NO_HEAD}${(error as Error).message}`, { cause: error })
  }
  return (isYaml ? decodeYaml : decodeJson)(body.bytes, schema, 'Ignore').object
}

/** A YAML problem comes as lines under a heading; each line is a warning of its own. */
export function warnOf(problem: string, options: Pick<DecodeOptions, 'warn'>): void {
  const [heading, ...lines] = problem.split('\n')
  if (lines.length === 0 || !heading?.endsWith('yaml: unmarshal errors:')) options.warn(problem)
  else for (const line of lines) options.warn(line.trim())
}

function decodeInProcess(object: object, wanted: GroupVersionKind): JsonObject {
  const expected = apiVersionOf(wanted.group, wanted.version)
  const { apiVersion = expected, kind = wanted.kind } = object as { apiVersion?: string; kind?: string }
  const reject = (why: string): Error =>
    badRequest(
      `${kind} in version ${JSON.stringify(apiVersion)} cannot be handled as a ${wanted.kind}: ${why}`,
    )
  if (apiVersion !== expected || kind !== wanted.kind) throw reject('it is something else')
  try {
    return headFirst(
      wanted,
      decodeValue(object, kindSchema(wanted.group, wanted.version, wanted.kind)).object,
    )
  } catch (error) {
    throw reject((error as Error).message)
  }
}

/** `kind` and `apiVersion` first: every stored object begins with the same bytes, which lists leave out. */
export function headFirst(type: GroupVersionKind, object: JsonObject): JsonObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return { kind: type.kind, apiVersion: apiVersionOf(type.group, type.version), ...rest }
}
