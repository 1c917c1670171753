// Objects to protobuf messages, by their schema.
//
// Follows Go's generated code to the byte: fields by number, what is no pointer is always written even when it
// is zero, keys of maps sorted. What JSON lays flat (embedded structs) is nested again.
// Upstream: staging/src/k8s.io/api/*/*/generated.pb.go, apimachinery/pkg/apis/meta/v1/time_proto.go

import { zeroOf } from '#api/codec/normalize.ts'
import { type BackwardWriter, BYTES, FIXED64, VARINT } from '#api/codec/protobuf-wire.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { EitherNode, FieldSchema, ScalarNode, TypeNode, TypeSchema } from '#api/schema/schema.ts'

/** Writes one field of a message, from the JSON object that holds it. */
interface Step {
  readonly number: number
  write(object: JsonObject, writer: BackwardWriter): void
}

const steps = new WeakMap<TypeSchema, readonly Step[]>()

/** Writes the message for `object`, without tag and length. */
export function encodeMessage(object: JsonObject, schema: TypeSchema, writer: BackwardWriter): void {
  for (const step of stepsOf(schema)) step.write(object, writer)
}

function stepsOf(schema: TypeSchema): readonly Step[] {
  let found = steps.get(schema)
  if (!found) {
    found = [...schema.ownFields.map(fieldStep), ...schema.embeddedStructs.map(embeddedStep)]
      .filter((step) => step.number > 0)
      .sort((a, b) => b.number - a.number)
    steps.set(schema, found)
  }
  return found
}

function embeddedStep({ schema, number }: TypeSchema['embeddedStructs'][number]): Step {
  return {
    number,
    write: (object, writer) => delimited(number, writer, () => encodeMessage(object, schema, writer)),
  }
}

function fieldStep(field: FieldSchema): Step {
  const { name, number, type, pointer } = field
  const isRepeated =
    type.kind === 'array' || type.kind === 'map' || (type.kind === 'scalar' && type.scalar === 'bytes')
  const zero = pointer || isRepeated ? undefined : zeroOf(type)
  return {
    number,
    write: (object, writer) => {
      const value = object[name] ?? zero?.()
      if (value !== undefined && (value !== null || zero !== undefined))
        writeField(number, value, type, writer)
      else if (pointer && value === null) writeField(number, value, type, writer)
    },
  }
}

function writeField(number: number, value: unknown, type: TypeNode, writer: BackwardWriter): void {
  switch (type.kind) {
    case 'scalar':
      writeScalar(number, value, type, writer)
      return
    case 'struct':
      delimited(number, writer, () => encodeMessage((value ?? {}) as JsonObject, type.schema, writer))
      return
    case 'array':
      if (type.named && type.items.kind === 'scalar') {
        delimited(number, writer, () => writeItems(1, value as unknown[], type.items, writer))
      } else writeItems(number, value as unknown[], type.items, writer)
      return
    case 'map':
      writeEntries(number, value as JsonObject, type.values, writer)
      return
    case 'either':
      delimited(number, writer, () => writeEither(value, type, writer))
      return
  }
}

function delimited(number: number, writer: BackwardWriter, write: () => void): void {
  const before = writer.length
  write()
  writer.varint(writer.length - before)
  writer.tag(number, BYTES)
}

function writeItems(
  number: number,
  items: readonly unknown[] | null,
  type: TypeNode,
  writer: BackwardWriter,
): void {
  if (items === null) return
  for (let i = items.length - 1; i >= 0; i--) writeField(number, items[i], type, writer)
}

function writeEntries(
  number: number,
  entries: JsonObject | null,
  type: TypeNode,
  writer: BackwardWriter,
): void {
  if (entries === null) return
  const keys = Object.keys(entries).sort()
  for (let i = keys.length - 1; i >= 0; i--) {
    const key = keys[i] ?? ''
    delimited(number, writer, () => {
      const value = entries[key]
      if (value !== null || type.kind !== 'scalar' || type.scalar !== 'bytes') {
        if (type.kind === 'array')
          delimited(2, writer, () => writeItems(1, value as unknown[], type.items, writer))
        else writeField(2, value, type, writer)
      }
      writer.string(key)
      writer.tag(1, BYTES)
    })
  }
}

/** `JSONSchemaPropsOrBool` and its kin: the struct and its alternative are two fields of one message. */
function writeEither(value: unknown, { schema, or }: EitherNode, writer: BackwardWriter): void {
  const isStruct = typeof value === 'object' && value !== null && !Array.isArray(value)
  const structNumber = or === 'bool' ? 2 : 1
  if (Array.isArray(value)) {
    const items: TypeNode =
      or === 'strings'
        ? { kind: 'scalar', scalar: 'string', goType: 'string' }
        : { kind: 'struct', schema, goType: 'v1.JSONSchemaProps' }
    writeItems(2, value, items, writer)
  }
  if (isStruct) delimited(structNumber, writer, () => encodeMessage(value as JsonObject, schema, writer))
  if (or === 'bool') {
    writer.varint(isStruct || value === true ? 1 : 0)
    writer.tag(1, VARINT)
  }
}

function writeScalar(number: number, value: unknown, type: ScalarNode, writer: BackwardWriter): void {
  switch (type.scalar) {
    case 'string':
      writer.string((value as string | null) ?? '')
      writer.tag(number, BYTES)
      return
    case 'bool':
      writer.varint(value === true ? 1 : 0)
      writer.tag(number, VARINT)
      return
    case 'int32':
    case 'int64':
      writer.varint((value as number | null) ?? 0)
      writer.tag(number, VARINT)
      return
    case 'float':
      writer.double((value as number | null) ?? 0)
      writer.tag(number, FIXED64)
      return
    case 'bytes':
      if (value !== null) writeBytes(number, Buffer.from(value as string, 'base64'), writer)
      return
    case 'quantity':
      delimited(number, writer, () => {
        writer.string((value as string | null) ?? '0')
        writer.tag(1, BYTES)
      })
      return
    case 'intOrString':
      delimited(number, writer, () => writeIntOrString(value, writer))
      return
    case 'time':
    case 'microTime':
      delimited(number, writer, () => writeTime(value, type.scalar === 'microTime', writer))
      return
    default:
      delimited(number, writer, () => {
        if (value !== null) writeBytes(1, Buffer.from(JSON.stringify(value)), writer)
      })
  }
}

function writeBytes(number: number, bytes: Uint8Array, writer: BackwardWriter): void {
  writer.raw(bytes)
  writer.varint(bytes.length)
  writer.tag(number, BYTES)
}

function writeIntOrString(value: unknown, writer: BackwardWriter): void {
  const isString = typeof value === 'string'
  writer.string(isString ? value : '')
  writer.tag(3, BYTES)
  writer.varint(isString ? 0 : ((value as number | null) ?? 0))
  writer.tag(2, VARINT)
  writer.varint(isString ? 1 : 0)
  writer.tag(1, VARINT)
}

/** A timestamp; the zero time is the empty message. */
function writeTime(value: unknown, hasMicros: boolean, writer: BackwardWriter): void {
  if (typeof value !== 'string') return
  const micros = hasMicros ? Number(/\.(\d{6})/.exec(value)?.[1] ?? 0) : 0
  writer.varint(micros * 1000)
  writer.tag(2, VARINT)
  writer.varint(Math.floor(Date.parse(value) / 1000))
  writer.tag(1, VARINT)
}
