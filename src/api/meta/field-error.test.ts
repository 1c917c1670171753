import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  duplicate,
  forbidden,
  goJson,
  goQuote,
  invalid,
  invalidWithoutValue,
  notSupported,
  Path,
  required,
  tooLong,
  tooMany,
} from '#api/meta/field-error.ts'

const PATH = new Path('spec').child('list').index(2).key('a.b')

test('paths', () => {
  assert.equal(PATH.text, 'spec.list[2][a.b]')
  assert.equal(new Path().child('name').text, 'name')
})

test('bodies', () => {
  const bodies = [
    required(PATH),
    required(PATH, 'say it'),
    invalid(PATH, 5, 'too great'),
    invalid(PATH, undefined, 'missing'),
    invalid(PATH, 'a "b"', ''),
    invalidWithoutValue(PATH, 'no'),
    duplicate(PATH, 'x'),
    forbidden(PATH, 'never'),
    tooLong(PATH, 1),
    tooLong(PATH, 63),
    tooMany(PATH, 3, 2),
    notSupported(PATH, 'c', ['b', 'a']),
  ].map(({ body }) => body)
  assert.deepEqual(bodies, [
    'Required value',
    'Required value: say it',
    'Invalid value: 5: too great',
    'Invalid value: null: missing',
    'Invalid value: "a \\"b\\""',
    'Invalid value: no',
    'Duplicate value: "x"',
    'Forbidden: never',
    'Too long: may not be more than 1 byte',
    'Too long: may not be more than 63 bytes',
    'Too many: 3: must have at most 2 items',
    'Unsupported value: "c": supported values: "a", "b"',
  ])
})

describe('strings as Go quotes them', () => {
  const rows: readonly (readonly [text: string, quoted: string])[] = [
    ['plain', '"plain"'],
    ['a\tb\n', '"a\\tb\\n"'],
    ['\u0001', '"\\x01"'],
    ['\u00a0', '"\\u00a0"'],
    ['ä€😀', '"ä€😀"'],
    ['\u200b', '"\\u200b"'],
  ]
  for (const [text, quoted] of rows) test(JSON.stringify(text), () => assert.equal(goQuote(text), quoted))
})

test('JSON that is harmless in HTML', () => {
  assert.equal(goJson({ a: '<b>&' }), '{"a":"\\u003cb\\u003e\\u0026"}')
})
