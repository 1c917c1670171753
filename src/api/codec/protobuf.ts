// `application/vnd.kubernetes.protobuf`: how Go clients speak with the built-in kinds.
//
// The bytes are `k8s\0` and a message Unknown with apiVersion, kind and the object's own message. A watch
// is a row of frames, each four bytes of length and a WatchEvent whose object is such an envelope again. Custom
// resources have no such form. Upstream: staging/src/k8s.io/apimachinery/pkg/runtime/serializer/protobuf

import { DecodeError } from '#api/codec/go-decode.ts'
import { normalize } from '#api/codec/json.ts'
import { decodeMessage } from '#api/codec/protobuf-decode.ts'
import { encodeMessage } from '#api/codec/protobuf-encode.ts'
import { BackwardWriter, BYTES, ProtobufError, WireReader } from '#api/codec/protobuf-wire.ts'
import { type JsonObject, parseApiVersion } from '#api/meta/object.ts'
import { notAcceptable } from '#api/meta/status.ts'
import { partialMetadataSchema } from '#api/schema/partial-metadata.ts'
import { kindSchema, type TypeSchema } from '#api/schema/schema.ts'

export const PROTOBUF_MEDIA_TYPE = 'application/vnd.kubernetes.protobuf'
const MAGIC = Buffer.from('k8s\0')

/** Whether objects of a kind have a protobuf form. */
export function hasProtobuf(group: string, version: string, kind: string): boolean {
  return kindSchema(group, version, kind) !== undefined
}

/** One buffer for all that is encoded here: nothing awaits while it is in use, and results are copied out of it. */
const scratch = new BackwardWriter()

/** Runs `write` on the empty buffer, also after one that threw in the middle. */
function written(write: (writer: BackwardWriter) => void): Buffer {
  try {
    write(scratch)
    return scratch.take()
  } catch (error) {
    scratch.take()
    throw error
  }
}

/** The envelope of `object`, whose apiVersion and kind say what it is. Throws for kinds without such a form. */
export function encodeProtobuf(object: JsonObject): Buffer {
  const raw = encodeProtobufMessage(object)
  return Buffer.concat([envelopeHead(object, raw.length), raw, ENVELOPE_TAIL])
}

/** The object's own message, without the envelope that says what it is. Throws for kinds without such a form. */
export function encodeProtobufMessage(object: JsonObject): Buffer {
  const { apiVersion, kind } = typeOf(object)
  const { group, version } = parseApiVersion(apiVersion)
  const schema = kindSchema(group, version, kind) ?? partialMetadataSchema(group, kind)
  if (!schema) {
    throw notAcceptable(
      `object *${version}.${kind} does not implement the protobuf marshalling interface and cannot be encoded to a protobuf message`,
    )
  }
  return written((writer) => encodeMessage(object, schema, writer))
}

const typeOf = (object: JsonObject) => ({
  apiVersion: (object['apiVersion'] as string | undefined) ?? '',
  kind: (object['kind'] as string | undefined) ?? '',
})

/** What stands before a message of so many bytes to make an envelope of it; ENVELOPE_TAIL stands behind it. */
export function envelopeHead(object: JsonObject, messageBytes: number): Buffer {
  const { apiVersion, kind } = typeOf(object)
  return written((writer) => {
    writer.varint(messageBytes)
    writer.tag(2, BYTES)
    const beforeMeta = writer.length
    writer.string(kind)
    writer.tag(2, BYTES)
    writer.string(apiVersion)
    writer.tag(1, BYTES)
    writer.varint(writer.length - beforeMeta)
    writer.tag(1, BYTES)
    writer.raw(MAGIC)
  })
}

/** The empty contentEncoding and contentType, fields 3 and 4. */
export const ENVELOPE_TAIL: Uint8Array = Uint8Array.of(0x1a, 0, 0x22, 0)

/** What stands before an item of so many bytes in the message of any list: there `items` is field 2. */
export function listItemHead(itemBytes: number): Buffer {
  return written((writer) => {
    writer.varint(itemBytes)
    writer.tag(2, BYTES)
  })
}

/** Whether bytes are such an envelope. */
export const isProtobuf = (bytes: Uint8Array): boolean => MAGIC.equals(bytes.subarray(0, MAGIC.length))

/** What an envelope holds, before its object is decoded. */
export interface ProtobufEnvelope {
  readonly apiVersion: string
  readonly kind: string
  readonly raw: Buffer
}

/** Opens an envelope; throws ProtobufError with Go's text. */
export function openProtobuf(bytes: Uint8Array): ProtobufEnvelope {
  const data = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (data.length === 0) throw new ProtobufError('empty data')
  if (!data.subarray(0, MAGIC.length).equals(MAGIC)) {
    const prefix = [...MAGIC].join(' ')
    throw new ProtobufError(
      `provided data does not appear to be a protobuf message, expected prefix [${prefix}]`,
    )
  }
  if (data.length === MAGIC.length) throw new ProtobufError('empty body')
  const reader = new WireReader(data, MAGIC.length)
  let apiVersion = ''
  let kind = ''
  let raw: Buffer = Buffer.alloc(0)
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === 1 && wireType === BYTES) {
      const meta = reader.message()
      while (!meta.isAtEnd) {
        const inner = meta.tag()
        if (inner.field === 1 && inner.wireType === BYTES) apiVersion = meta.string()
        else if (inner.field === 2 && inner.wireType === BYTES) kind = meta.string()
        else meta.skip(inner.wireType)
      }
    } else if (field === 2 && wireType === BYTES) raw = reader.bytes()
    else reader.skip(wireType)
  }
  return { apiVersion, kind, raw }
}

/** Decodes an object's own message, as JSON would show it. Throws ProtobufError or DecodeError. */
export function decodeProtobufMessage(raw: Buffer, schema: TypeSchema): JsonObject {
  return normalize(decodeMessage(new WireReader(raw), schema), schema)
}

/** Decodes an envelope of a built-in kind. Throws ProtobufError or DecodeError. */
export function decodeProtobuf(bytes: Uint8Array): JsonObject {
  const { apiVersion, kind, raw } = openProtobuf(bytes)
  const { group, version } = parseApiVersion(apiVersion)
  const schema = kindSchema(group, version, kind)
  if (!schema) {
    throw new DecodeError(
      `no kind ${JSON.stringify(kind)} is registered for version ${JSON.stringify(apiVersion)} in scheme "pkg/api/legacyscheme/scheme.go:30"`,
    )
  }
  const { apiVersion: _, kind: __, ...rest } = decodeProtobufMessage(raw, schema)
  return { kind, apiVersion, ...rest }
}

/** One frame of a watch: `object` is the envelope of the event's object. */
export function watchFrame(type: string, object: Uint8Array): Buffer {
  return written((writer) => {
    const beforeObject = writer.length
    writer.raw(object)
    writer.varint(object.length)
    writer.tag(1, BYTES)
    writer.varint(writer.length - beforeObject)
    writer.tag(2, BYTES)
    writer.string(type)
    writer.tag(1, BYTES)
    const length = Buffer.allocUnsafe(4)
    length.writeUInt32BE(writer.length)
    writer.raw(length)
  })
}
