import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type BodyOptions, decodeBody } from '#api/codec/body.ts'
import { encodeProtobuf } from '#api/codec/protobuf.ts'

const wanted = { group: '', version: 'v1', kind: 'ConfigMap' }
const decode = (text: string | Buffer, options: BodyOptions = {}): ReturnType<typeof decodeBody> =>
  decodeBody(Buffer.from(text), wanted, options)

describe('a body', () => {
  test('takes kind and version from the path when it has none', () => {
    assert.deepEqual(decode('{}').object, { kind: 'ConfigMap', apiVersion: 'v1', metadata: {} })
  })

  test('is the same in all three media types', () => {
    const object = { kind: 'ConfigMap', apiVersion: 'v1', metadata: { name: 'a' }, data: { k: 'v' } }
    assert.deepEqual(decode(JSON.stringify(object)).object, object)
    assert.deepEqual(
      decode('kind: ConfigMap\nmetadata: {name: a}\ndata: {k: v}', { mediaType: 'yaml' }).object,
      object,
    )
    assert.deepEqual(decode(encodeProtobuf(object), { mediaType: 'protobuf' }).object, object)
  })

  test('of a former version is taken as of the present one', () => {
    const wanted = { group: 'policy', version: 'v1', kind: 'Eviction' }
    const body = Buffer.from('{"kind":"Eviction","apiVersion":"policy/v1beta1","metadata":{"name":"a"}}')
    const { object } = decodeBody(body, wanted, { formerVersions: ['v1beta1'] })
    assert.equal(object['apiVersion'], 'policy/v1')
    assert.throws(
      () => decodeBody(body, wanted),
      /no kind "Eviction" is registered for version "policy\/v1beta1"/,
    )
  })

  test('warns of what it does not keep, or is refused', () => {
    assert.deepEqual(decode('{"x":1}').warnings, ['unknown field "x"'])
    assert.deepEqual(decode('{"x":1}', { fieldValidation: 'Ignore' }).warnings, [])
    assert.throws(() => decode('{"x":1}', { fieldValidation: 'Strict' }), {
      message:
        'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "x"',
    })
  })

  const refused: readonly (readonly [name: string, body: string, options: BodyOptions, why: RegExp])[] = [
    [
      'of another kind',
      '{"kind":"Secret","apiVersion":"v1"}',
      {},
      /converting \(v1\.Secret\) to \(core\.ConfigMap\): unknown conversion/,
    ],
    ['that is no object', '7', {}, /cannot unmarshal number into Go value of type struct/],
    [
      'whose kind is no text',
      '{"kind":7}',
      {},
      /cannot unmarshal number into Go struct field \.kind of type string/,
    ],
    [
      'that is no YAML',
      'a: [',
      { mediaType: 'yaml' },
      /yaml: line 1: did not find expected node content \(613a205b\)/,
    ],
    ['that is no protobuf', '{}', { mediaType: 'protobuf' }, /expected prefix \[107 56 115 0\] \(\{\}\)/],
    ['longer than what is shown', `{"a":${'x'.repeat(50)}`, {}, /\(\{"a":x{25} \.\.\.\)$/],
  ]
  for (const [name, body, options, why] of refused) {
    test(`${name} is refused`, () => assert.throws(() => decode(body, options), why))
  }
})
