import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WireReader } from '#api/codec/protobuf-wire.ts'
import { allKinds } from '#api/kinds/all.ts'
import { openApiV2 } from '#api/schema/openapi-v2.ts'
import { encodeOpenApiV2 } from '#api/schema/openapi-v2-protobuf.ts'
import { servedGroups } from '#api/schema/resources.ts'

/** The fields of a message, in order, with the readers of those that are messages or texts. */
function fieldsOf(reader: WireReader): { field: number; content?: Buffer }[] {
  const found: { field: number; content?: Buffer }[] = []
  while (!reader.isAtEnd) {
    const { field, wireType } = reader.tag()
    if (wireType === 2) found.push({ field, content: reader.bytes() })
    else {
      reader.skip(wireType)
      found.push({ field })
    }
  }
  return found
}

const only = (bytes: Buffer | undefined, field: number): Buffer | undefined =>
  fieldsOf(new WireReader(bytes ?? Buffer.alloc(0))).find((entry) => entry.field === field)?.content

test('the document has its parts, and every definition under its name', () => {
  const document = openApiV2(servedGroups(allKinds))
  const bytes = encodeOpenApiV2(document)
  const parts = fieldsOf(new WireReader(bytes))
  assert.deepEqual(
    parts.map(({ field }) => field),
    [1, 2, 8, 9, 10, 12, 13],
  )
  const definitions = fieldsOf(new WireReader(only(bytes, 9)!))
  assert.deepEqual(
    definitions.map(({ content }) => only(content, 1)?.toString()),
    Object.keys(document['definitions'] as object),
  )
})

test('extensions go as YAML', () => {
  const bytes = encodeOpenApiV2({ definitions: { Pod: { type: 'object', 'x-kind': [{ kind: 'Pod' }] } } })
  const schema = only(only(only(bytes, 9), 1), 2)
  const extension = only(schema, 31)
  assert.equal(only(extension, 1)?.toString(), 'x-kind')
  assert.equal(only(only(extension, 2), 2)?.toString(), '[{"kind":"Pod"}]\n')
  assert.equal(only(only(schema, 22), 1)?.toString(), 'object')
})
