// Answers as bytes: objects in the media type and form that were negotiated. Lists are in encode-list.ts.
//
// What the watch cache has encoded once is taken as it is; only what is converted or shown to people is encoded anew.

import { ENVELOPE_TAIL, encodeProtobuf, envelopeHead } from '#api/codec/protobuf.ts'
import { encodeYaml } from '#api/codec/yaml.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { ApiResponse } from '#apiserver/exchange.ts'
import type { OutputFormat } from '#apiserver/http/negotiation.ts'
import { type TransformContext, transformObject } from '#apiserver/http/transform.ts'
import type { StoredObject } from '#apiserver/registry/stored-object.ts'

type ObjectResponse = Extract<ApiResponse, { type: 'object' }>

const NEWLINE = Buffer.from('\n')

export function contentTypeOf(format: OutputFormat): string {
  return format.mediaType
}

/** One object with what follows it: JSON ends in a line break, as upstream's encoder writes it. */
export function encodeAnswer(response: ObjectResponse, context: TransformContext): Uint8Array {
  const { format, objectType, stored } = response
  if (format.as && objectType && response.object['kind'] !== 'Status') {
    return encodeObject(transformObject(response.object, objectType, format.as, context), format)
  }
  return (stored && encodeStored(stored, format)) ?? encodeObject(response.object, format)
}

/** A stored object out of its kept encodings; undefined for a format of which nothing is kept. */
export function encodeStored(stored: StoredObject, { mediaType, pretty }: OutputFormat): Buffer | undefined {
  if (mediaType === 'application/json' && !pretty) return Buffer.concat([stored.bytes, NEWLINE])
  if (mediaType !== 'application/vnd.kubernetes.protobuf') return undefined
  const raw = stored.protobuf
  return Buffer.concat([envelopeHead(stored.object, raw.length), raw, ENVELOPE_TAIL])
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
