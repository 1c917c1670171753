import assert from 'node:assert/strict'
import { test } from 'node:test'
import { StatusError } from '#api/meta/status.ts'
import { decodeContinue, encodeContinue } from '#apiserver/registry/continue-token.ts'

const PREFIX = '/registry/configmaps/default/'
const encode = (token: unknown): string => Buffer.from(JSON.stringify(token)).toString('base64url')

test('a token leads back to where it was made', () => {
  const token = encodeContinue(`${PREFIX}web\0`, PREFIX, 42)
  assert.deepEqual(decodeContinue(token, PREFIX), { fromKey: `${PREFIX}web\0`, revision: 42 })
})

test('a token of upstream can be continued here', () => {
  const token = encode({ v: 'meta.k8s.io/v1', rv: -1, start: 'c1\u0000' })
  assert.deepEqual(decodeContinue(token, PREFIX), { fromKey: `${PREFIX}c1\0`, revision: -1 })
})

const refused: readonly [string, string, RegExp][] = [
  ['garbage', 'garbage', /invalid character '\\u0081' looking for beginning of value/],
  ['no base64', '!!', /illegal base64 data at input byte 0/],
  ['another version', encode({ v: 'v2', rv: 1, start: 'a' }), /does not recognize this encoded version v2/],
  ['no revision', encode({ v: 'meta.k8s.io/v1', start: 'a' }), /incorrect encoded start resourceVersion/],
  ['no start', encode({ v: 'meta.k8s.io/v1', rv: 1 }), /encoded start key empty/],
  [
    'a way out',
    encode({ v: 'meta.k8s.io/v1', rv: 1, start: '../../secrets/x' }),
    /not valid: \.\.\/\.\.\/secrets/,
  ],
]

for (const [name, token, text] of refused) {
  test(`a token with ${name} is refused`, () => {
    assert.throws(
      () => decodeContinue(token, PREFIX),
      (error: unknown) => error instanceof StatusError && error.code === 400 && text.test(error.message),
    )
  })
}
