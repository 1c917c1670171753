// The OpenAPI v2 document as a protobuf message, which kubectl up to 1.26 and older Go clients demand.
//
// The message is not ours to shape: each part of the document has a message of its own, told by tables of
// numbers. Values of extensions go as YAML text, and JSON is YAML. Upstream: gnostic-models, openapiv2/OpenAPIv2.proto

import { BackwardWriter, BYTES, VARINT } from '#api/codec/protobuf-wire.ts'
import type { JsonObject } from '#api/meta/object.ts'

/** Encodes what `openApiV2` has made. */
export function encodeOpenApiV2(document: JsonObject): Buffer {
  const writer = new BackwardWriter()
  writeDocument(document, writer)
  return Buffer.from(writer.finish())
}

type Write = (value: unknown, writer: BackwardWriter) => void

/** A field: its key in JSON, its number, and how its content is written. Messages are lists of these. */
type Field = readonly [key: string, number: number, write: Write | 'string' | 'bool' | 'strings']

/** Writes a field with tag and length; proto3 leaves out what is empty. */
function writeField([key, number, write]: Field, object: JsonObject, writer: BackwardWriter): void {
  const value = object[key]
  if (value === undefined || value === '' || value === false) return
  if (write === 'bool') {
    writer.varint(1)
    writer.tag(number, VARINT)
  } else if (write === 'string') {
    writer.string(value as string)
    writer.tag(number, BYTES)
  } else if (write === 'strings') {
    for (const text of [...(value as string[])].reverse()) {
      writer.string(text)
      writer.tag(number, BYTES)
    }
  } else writeMessage(number, value, write, writer)
}

function writeMessage(number: number, value: unknown, write: Write, writer: BackwardWriter): void {
  const before = writer.length
  write(value, writer)
  writer.varint(writer.length - before)
  writer.tag(number, BYTES)
}

/** A message of known fields; those that begin with `x-` go to the extensions. */
function message(fields: readonly Field[], extensions: number): Write {
  const descending = [...fields].sort((a, b) => b[1] - a[1])
  return (value, writer) => {
    const object = value as JsonObject
    if (extensions > 0) {
      for (const name of Object.keys(object).reverse()) {
        if (!name.startsWith('x-')) continue
        writeMessage(extensions, [name, object[name]], named(writeAny), writer)
      }
    }
    for (const field of descending) writeField(field, object, writer)
  }
}

/** An entry `[name, value]` of what JSON writes as a map. */
function named(write: Write): Write {
  return (entry, writer) => {
    const [name, value] = entry as [string, unknown]
    writeMessage(2, value, write, writer)
    if (name === '') return
    writer.string(name)
    writer.tag(1, BYTES)
  }
}

/** A map as a list of named values. */
function entries(number: number, write: Write): Write {
  return (value, writer) => {
    for (const entry of Object.entries(value as JsonObject).reverse())
      writeMessage(number, entry, named(write), writer)
  }
}

/** A list of messages as a field of the message around it; used where the list is the only such field. */
function writeAll(number: number, items: unknown, write: Write, writer: BackwardWriter): void {
  for (const item of [...((items ?? []) as unknown[])].reverse()) writeMessage(number, item, write, writer)
}

const writeAny: Write = (value, writer) => {
  writer.string(`${JSON.stringify(value)}\n`)
  writer.tag(2, BYTES)
}

/** `type` may be one or several; in protobuf it is a list. */
const writeType: Write = (value, writer) => {
  for (const type of (Array.isArray(value) ? [...(value as string[])] : [value as string]).reverse()) {
    writer.string(type)
    writer.tag(1, BYTES)
  }
}

const writeSchema: Write = (value, writer) => {
  const object = value as JsonObject
  writeSchemaEnd(object, writer)
  writeAll(20, object['enum'], writeAny, writer)
  writeSchemaStart(object, writer)
}

const writeItems: Write = (value, writer) => writeMessage(1, value, writeSchema, writer)

/** Beyond `enum`, whose number lies in the middle. */
const writeSchemaEnd = message(
  [
    ['additionalProperties', 21, writeItems],
    ['type', 22, writeType],
    ['items', 23, writeItems],
    ['properties', 25, (value, writer) => entries(1, writeSchema)(value, writer)],
  ],
  31,
)
const writeSchemaStart = message(
  [
    ['$ref', 1, 'string'],
    ['format', 2, 'string'],
    ['description', 4, 'string'],
    ['required', 19, 'strings'],
  ],
  0,
)

const writeBodyParameter = message(
  [
    ['description', 1, 'string'],
    ['name', 2, 'string'],
    ['in', 3, 'string'],
    ['required', 4, 'bool'],
    ['schema', 5, writeSchema],
  ],
  6,
)

const PARAMETER_HEAD: readonly Field[] = [
  ['required', 1, 'bool'],
  ['in', 2, 'string'],
  ['description', 3, 'string'],
  ['name', 4, 'string'],
]
const writeQueryParameter = message(
  [...PARAMETER_HEAD, ['type', 6, 'string'], ['uniqueItems', 20, 'bool']],
  23,
)
const writePathParameter = message(
  [...PARAMETER_HEAD, ['type', 5, 'string'], ['uniqueItems', 19, 'bool']],
  22,
)

const writeParameter: Write = (value, writer) => {
  const place = (value as JsonObject)['in']
  if (place === 'body') writeMessage(1, value, writeBodyParameter, writer)
  else {
    writeMessage(
      2,
      value,
      (inner, to) =>
        place === 'path'
          ? writeMessage(4, inner, writePathParameter, to)
          : writeMessage(3, inner, writeQueryParameter, to),
      writer,
    )
  }
}

const writeReference = message([['$ref', 1, 'string']], 0)

const writeParameterItem: Write = (value, writer) => {
  const isReference = (value as JsonObject)['$ref'] !== undefined
  writeMessage(isReference ? 2 : 1, value, isReference ? writeReference : writeParameter, writer)
}

const writeResponse = message(
  [
    ['description', 1, 'string'],
    ['schema', 2, (value, writer) => writeMessage(1, value, writeSchema, writer)],
  ],
  5,
)
const writeResponses = entries(1, (value, writer) => writeMessage(1, value, writeResponse, writer))

const writeOperationEnd = message(
  [
    ['responses', 9, writeResponses],
    ['schemes', 10, 'strings'],
  ],
  13,
)
const writeOperationStart = message(
  [
    ['tags', 1, 'strings'],
    ['description', 3, 'string'],
    ['operationId', 5, 'string'],
    ['produces', 6, 'strings'],
    ['consumes', 7, 'strings'],
  ],
  0,
)
const writeOperation: Write = (value, writer) => {
  writeOperationEnd(value, writer)
  writeAll(8, (value as JsonObject)['parameters'], writeParameterItem, writer)
  writeOperationStart(value, writer)
}

const METHODS = ['get', 'put', 'post', 'delete', 'options', 'head', 'patch']
const writeMethods = message(
  METHODS.map((method, i): Field => [method, i + 2, writeOperation]),
  0,
)
const writePathItem: Write = (value, writer) => {
  writeAll(9, (value as JsonObject)['parameters'], writeParameterItem, writer)
  writeMethods(value, writer)
}

const writeApiKey = message(
  [
    ['type', 1, 'string'],
    ['name', 2, 'string'],
    ['in', 3, 'string'],
    ['description', 4, 'string'],
  ],
  5,
)

/** Requirements name a definition and scopes, of which there are none. */
const writeRequirement = entries(1, () => undefined)

const writeDocumentEnd = message(
  [['securityDefinitions', 13, entries(1, (value, writer) => writeMessage(2, value, writeApiKey, writer))]],
  16,
)
const writeDocumentStart = message(
  [
    ['swagger', 1, 'string'],
    [
      'info',
      2,
      message(
        [
          ['title', 1, 'string'],
          ['version', 2, 'string'],
        ],
        7,
      ),
    ],
    ['paths', 8, entries(2, writePathItem)],
    ['definitions', 9, entries(1, writeSchema)],
    ['parameters', 10, entries(1, writeParameter)],
  ],
  0,
)
const writeDocument: Write = (value, writer) => {
  writeDocumentEnd(value, writer)
  writeAll(12, (value as JsonObject)['security'], writeRequirement, writer)
  writeDocumentStart(value, writer)
}
