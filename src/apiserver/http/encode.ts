// Answers as bytes: objects and lists in the media type and form that were negotiated.
//
// A list of plain JSON is never built as an object: it is the concatenation of what the watch cache already has as
// bytes, less the kind and apiVersion that items of a list do not carry.

import { encodeProtobuf } from '#api/codec/protobuf.ts'
import { encodeYaml } from '#api/codec/yaml.ts'
import { apiVersionOf, type JsonObject } from '#api/meta/object.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import type { OutputFormat } from '#apiserver/http/negotiation.ts'
import { type TransformContext, transformList, transformObject } from '#apiserver/http/transform.ts'
import { storedApiVersionOf, toVersion } from '#apiserver/registry/catalog.ts'
import type { RegistryList } from '#apiserver/registry/results.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'

type ObjectResponse = Extract<ApiResponse, { type: 'object' }>
type ListResponse = Extract<ApiResponse, { type: 'list' }>

/** Pieces of a list are handed to the socket when they have grown so large. */
const CHUNK_BYTES = 256 * 1024

const NEWLINE = Buffer.from('\n')

export function contentTypeOf(format: OutputFormat): string {
  return format.mediaType
}

/** One object with what follows it: JSON ends in a line break, as upstream's encoder writes it. */
export function encodeAnswer(response: ObjectResponse, context: TransformContext): Uint8Array {
  const { format, objectType } = response
  if (format.as && objectType && response.object['kind'] !== 'Status') {
    return encodeObject(transformObject(response.object, objectType, format.as, context), format)
  }
  if (response.bytes && format.mediaType === 'application/json' && !format.pretty) {
    return Buffer.concat([response.bytes, NEWLINE])
  }
  return encodeObject(response.object, format)
}

export function encodeObject(object: JsonObject, format: OutputFormat): Uint8Array {
  switch (format.mediaType) {
    case 'application/json':
      return Buffer.from(format.pretty ? JSON.stringify(object, undefined, 2) : `${JSON.stringify(object)}\n`)
    case 'application/yaml':
      return Buffer.from(encodeYaml(object))
    case 'application/vnd.kubernetes.protobuf':
      return encodeProtobuf(object)
  }
}

/** A list in pieces. */
export function* encodeList(response: ListResponse, context: TransformContext): Generator<Uint8Array> {
  const { list, format } = response
  if (format.as) {
    yield encodeObject(transformList(list, format.as, context), format)
    return
  }
  if (format.mediaType === 'application/json' && !format.pretty) yield* listAsJson(list)
  else yield encodeObject(listObject(list), format)
}

export function listMeta(list: RegistryList): JsonObject {
  return {
    resourceVersion: list.resourceVersion,
    ...(list.continue !== '' && { continue: list.continue }),
    ...(list.remainingItemCount !== undefined && { remainingItemCount: list.remainingItemCount }),
  }
}

/** The list as an object, its items without kind and apiVersion. */
export function listObject(list: RegistryList): JsonObject {
  const { kind, version } = list
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind.group, version),
    metadata: listMeta(list),
    items: list.items.map(({ object }) => withoutType(toVersion(kind, object, version))),
  }
}

function withoutType(object: JsonObject): JsonObject {
  const { kind: _kind, apiVersion: _apiVersion, ...rest } = object
  return rest
}

function* listAsJson(list: RegistryList): Generator<Uint8Array> {
  const { kind, version } = list
  const apiVersion = apiVersionOf(kind.group, version)
  const head = { kind: `${kind.kind}List`, apiVersion, metadata: listMeta(list) }
  const isStoredVersion = apiVersion === storedApiVersionOf(kind)
  const typePrefix = Buffer.from(
    `{"kind":${JSON.stringify(kind.kind)},"apiVersion":${JSON.stringify(apiVersion)},`,
  )
  let pieces: Uint8Array[] = [Buffer.from(`${JSON.stringify(head).slice(0, -1)},"items":[`)]
  let size = 0
  let isFirst = true
  for (const item of list.items) {
    if (!isFirst) pieces.push(COMMA)
    isFirst = false
    const bytes = isStoredVersion
      ? itemBytes(item, typePrefix)
      : encodedItem(toVersion(kind, item.object, version))
    pieces.push(OPEN, bytes)
    size += bytes.length
    if (size >= CHUNK_BYTES) {
      yield Buffer.concat(pieces)
      pieces = []
      size = 0
    }
  }
  pieces.push(END)
  yield Buffer.concat(pieces)
}

const COMMA = Buffer.from(',')
const OPEN = Buffer.from('{')
const END = Buffer.from(']}\n')

/** An item's JSON after its opening brace. */
function itemBytes(item: StoredObject, typePrefix: Buffer): Uint8Array {
  const { bytes } = item
  const begins = bytes.length > typePrefix.length && typePrefix.equals(bytes.subarray(0, typePrefix.length))
  return begins ? bytes.subarray(typePrefix.length) : encodedItem(item.object)
}

const encodedItem = (object: JsonObject): Uint8Array =>
  Buffer.from(JSON.stringify(withoutType(object)).slice(1))
