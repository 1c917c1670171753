import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  decodeProtobuf,
  decodeProtobufMessage,
  encodeProtobuf,
  hasProtobuf,
  openProtobuf,
  watchFrame,
} from '#api/codec/protobuf.ts'
import { BackwardWriter, WireReader } from '#api/codec/protobuf-wire.ts'
import { typeSchema } from '#api/schema/schema.ts'

const pod = { kind: 'Pod', apiVersion: 'v1', metadata: { name: 'a' }, spec: { containers: [] }, status: {} }

describe('the envelope', () => {
  test('says what it holds', () => {
    const { apiVersion, kind, raw } = openProtobuf(encodeProtobuf(pod))
    assert.deepEqual([apiVersion, kind], ['v1', 'Pod'])
    assert.ok(raw.length > 0)
  })

  test('metadata alone has a form, and a list of it', () => {
    const metadata = { name: 'a', labels: { app: 'web' } }
    const list = {
      kind: 'PartialObjectMetadataList',
      apiVersion: 'meta.k8s.io/v1',
      metadata: { resourceVersion: '7' },
      items: [{ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1', metadata }],
    }
    const { raw } = openProtobuf(encodeProtobuf(list))
    const reader = new WireReader(raw)
    assert.equal(reader.tag().field, 1)
    reader.bytes()
    assert.equal(reader.tag().field, 2)
    const item = reader.message()
    assert.equal(item.tag().field, 1)
    const schema = typeSchema('meta.v1.ObjectMeta')
    assert.ok(schema)
    assert.deepEqual(decodeProtobufMessage(item.bytes(), schema), metadata)
  })

  test('custom resources have none', () => {
    assert.equal(hasProtobuf('example.com', 'v1', 'Widget'), false)
    assert.throws(
      () => encodeProtobuf({ kind: 'Widget', apiVersion: 'example.com/v1' }),
      /does not implement/,
    )
  })

  const broken: readonly (readonly [name: string, bytes: Buffer, why: RegExp])[] = [
    ['nothing', Buffer.alloc(0), /^Error: empty data$/],
    [
      'JSON',
      Buffer.from('{"kind":"Pod"}'),
      /does not appear to be a protobuf message, expected prefix \[107 56 115 0\]/,
    ],
    ['a prefix alone', Buffer.from('k8s\0'), /empty body/],
    ['a length beyond the end', Buffer.from('k8s\0\x0a\x7f'), /unexpected EOF/],
    ['a body that was cut', encodeProtobuf(pod).subarray(0, 30), /unexpected EOF/],
  ]
  for (const [name, bytes, why] of broken) {
    test(`${name} is refused`, () => assert.throws(() => decodeProtobuf(bytes), why))
  }

  test('fields of newer clients are skipped', () => {
    const writer = new BackwardWriter()
    writer.string('future')
    writer.tag(99, 2)
    const bytes = encodeProtobuf(pod)
    const { raw } = openProtobuf(bytes)
    const at = bytes.indexOf(raw)
    // The message of the pod is followed by an unknown field; its length in the envelope grows with it.
    const longer = Buffer.concat([
      bytes.subarray(0, at - 1),
      Buffer.from([raw.length + writer.length]),
      raw,
      writer.finish(),
    ])
    assert.deepEqual(decodeProtobuf(longer), decodeProtobuf(bytes))
  })
})

test('numbers survive: zero, great and negative ones', () => {
  for (const value of [0, 1, 127, 128, 2 ** 31, 2 ** 40 + 3, Number.MAX_SAFE_INTEGER, -1, -(2 ** 31)]) {
    const writer = new BackwardWriter()
    writer.varint(value)
    assert.equal(new WireReader(writer.finish()).signed(), value)
  }
})

test('the writer grows', () => {
  const writer = new BackwardWriter()
  const text = 'ü'.repeat(10_000)
  writer.string(text)
  assert.equal(new WireReader(writer.finish()).string(), text)
})

test('a frame of a watch has its length before it', () => {
  const object = encodeProtobuf(pod)
  const frame = watchFrame('ADDED', object)
  assert.equal(frame.readUInt32BE(0), frame.length - 4)
  const event = new WireReader(frame.subarray(4))
  assert.equal(event.tag().field, 1)
  assert.equal(event.string(), 'ADDED')
  assert.equal(event.tag().field, 2)
  const raw = event.message()
  assert.equal(raw.tag().field, 1)
  assert.deepEqual(decodeProtobuf(raw.bytes()), decodeProtobuf(object))
})
