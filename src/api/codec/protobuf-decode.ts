// Protobuf messages to objects, by their schema.
//
// Gives what the Go struct would hold; normalize then makes of it what JSON shows. Unknown fields are skipped,
// as newer clients send them. Upstream: staging/src/k8s.io/api/*/*/generated.pb.go (Unmarshal)

import { setKey } from '#api/codec/normalize.ts'
import { BYTES, FIXED64, ProtobufError, VARINT, type WireReader } from '#api/codec/protobuf-wire.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { EitherNode, FieldSchema, ScalarNode, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** Messages nest no deeper; schemas of custom resources are the only ones that could. */
const MAX_DEPTH = 200

interface Targets {
  readonly fields: ReadonlyMap<number, FieldSchema>
  readonly embedded: ReadonlyMap<number, TypeSchema>
}

const targets = new WeakMap<TypeSchema, Targets>()

/** Reads a message into `into`, which embedded structs share with the struct around them. */
export function decodeMessage(
  reader: WireReader,
  schema: TypeSchema,
  into: JsonObject = {},
  depth = 0,
): JsonObject {
  if (depth > MAX_DEPTH) throw new ProtobufError('proto: message nests too deeply')
  const { fields, embedded } = targetsOf(schema)
  while (!reader.isAtEnd) {
    const { field: number, wireType } = reader.tag()
    const field = fields.get(number)
    const inner = embedded.get(number)
    if (field) {
      requireWireType(field.name, wireTypeOf(field.type), wireType)
      into[field.name] = readField(reader, field.type, into[field.name], depth)
    } else if (inner) {
      requireWireType(inner.goName, BYTES, wireType)
      decodeMessage(reader.message(), inner, into, depth + 1)
    } else reader.skip(wireType)
  }
  return into
}

function targetsOf(schema: TypeSchema): Targets {
  let found = targets.get(schema)
  if (!found) {
    found = {
      fields: new Map(
        schema.ownFields.filter(({ number }) => number > 0).map((field) => [field.number, field]),
      ),
      embedded: new Map(
        schema.embeddedStructs
          .filter(({ number }) => number > 0)
          .map(({ number, schema: inner }) => [number, inner]),
      ),
    }
    targets.set(schema, found)
  }
  return found
}

function requireWireType(name: string, wanted: number, given: number): void {
  if (wanted !== given) throw new ProtobufError(`proto: wrong wireType = ${given} for field ${name}`)
}

function wireTypeOf(type: TypeNode): number {
  if (type.kind === 'array' && !type.named) return wireTypeOf(type.items)
  if (type.kind !== 'scalar') return BYTES
  if (type.scalar === 'float') return FIXED64
  return type.scalar === 'bool' || type.scalar === 'int32' || type.scalar === 'int64' ? VARINT : BYTES
}

function readField(reader: WireReader, type: TypeNode, existing: unknown, depth: number): unknown {
  switch (type.kind) {
    case 'scalar':
      return readScalar(reader, type)
    case 'struct':
      return decodeMessage(
        reader.message(),
        type.schema,
        (existing as JsonObject | undefined) ?? {},
        depth + 1,
      )
    case 'array': {
      const items = (existing as unknown[] | undefined) ?? []
      if (type.named && type.items.kind === 'scalar')
        items.push(...readItems(reader.message(), type.items, depth))
      else items.push(readField(reader, type.items, undefined, depth))
      return items
    }
    case 'map':
      return readEntry(reader.message(), type.values, (existing as JsonObject | undefined) ?? {}, depth)
    case 'either':
      return readEither(reader.message(), type, depth)
  }
}

/** A list that is a message of its own: `repeated items = 1`. */
function readItems(reader: WireReader, type: TypeNode, depth: number): unknown[] {
  const items: unknown[] = []
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === 1) items.push(readField(reader, type, undefined, depth))
    else reader.skip(wireType)
  }
  return items
}

function readEntry(reader: WireReader, type: TypeNode, into: JsonObject, depth: number): JsonObject {
  let key = ''
  let value: unknown =
    type.kind === 'scalar' && (type.scalar === 'bytes' || type.scalar === 'string') ? '' : null
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === 1) key = reader.string()
    else if (field === 2) {
      value =
        type.kind === 'array'
          ? readItems(reader.message(), type.items, depth)
          : readField(reader, type, undefined, depth)
    } else reader.skip(wireType)
  }
  setKey(into, key, value)
  return into
}

function readEither(reader: WireReader, { schema, or }: EitherNode, depth: number): unknown {
  const structNumber = or === 'bool' ? 2 : 1
  let isAllowed = false
  let struct: JsonObject | undefined
  const items: unknown[] = []
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === structNumber) struct = decodeMessage(reader.message(), schema, {}, depth + 1)
    else if (or === 'bool' && field === 1) isAllowed = reader.varint() !== 0
    else if (or === 'strings' && field === 2) items.push(reader.string())
    else if (or === 'schemas' && field === 2)
      items.push(decodeMessage(reader.message(), schema, {}, depth + 1))
    else reader.skip(wireType)
  }
  if (or === 'bool') return struct ?? isAllowed
  return items.length > 0 ? items : (struct ?? null)
}

function readScalar(reader: WireReader, type: ScalarNode): unknown {
  switch (type.scalar) {
    case 'string':
      return reader.string()
    case 'bool':
      return reader.varint() !== 0
    case 'int32':
    case 'int64':
      return reader.signed()
    case 'float':
      return reader.double()
    case 'bytes':
      return reader.bytes().toString('base64')
    case 'quantity':
      return firstBytes(reader.message())?.toString('utf8') ?? '0'
    case 'intOrString':
      return readIntOrString(reader.message())
    case 'time':
    case 'microTime':
      return readTime(reader.message(), type.scalar === 'microTime')
    default:
      return parseRawJson(firstBytes(reader.message()))
  }
}

/** The bytes of field 1, of messages that have only that. */
function firstBytes(reader: WireReader): Buffer | undefined {
  let found: Buffer | undefined
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === 1 && wireType === BYTES) found = reader.bytes()
    else reader.skip(wireType)
  }
  return found
}

function parseRawJson(bytes: Buffer | undefined): unknown {
  if (bytes === undefined || bytes.length === 0) return null
  try {
    return JSON.parse(bytes.toString('utf8')) as unknown
  } catch (error) {
    throw new ProtobufError(`an embedded object is no JSON: ${(error as Error).message}`, { cause: error })
  }
}

function readIntOrString(reader: WireReader): unknown {
  let isString = false
  let number = 0
  let text = ''
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === 1) isString = reader.varint() === 1
    else if (field === 2) number = reader.signed()
    else if (field === 3) text = reader.string()
    else reader.skip(wireType)
  }
  return isString ? text : number
}

function readTime(reader: WireReader, hasMicros: boolean): string | null {
  if (reader.isAtEnd) return null
  let seconds = 0
  let nanos = 0
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (field === 1) seconds = reader.signed()
    else if (field === 2) nanos = reader.signed()
    else reader.skip(wireType)
  }
  const date = new Date(seconds * 1000)
  if (Number.isNaN(date.getTime())) throw new ProtobufError('proto: a time is out of range')
  const whole = date.toISOString().slice(0, 19)
  return hasMicros ? `${whole}.${String(Math.floor(nanos / 1000)).padStart(6, '0')}Z` : `${whole}Z`
}
