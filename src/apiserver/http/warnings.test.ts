import assert from 'node:assert/strict'
import { test } from 'node:test'
import { warningHeaders } from '#apiserver/http/warnings.ts'

test('quotes and backslashes are escaped', () => {
  assert.deepEqual(warningHeaders(['unknown field "spec.x\\y"']), ['299 - "unknown field \\"spec.x\\\\y\\""'])
})

test('a text with control characters cannot be sent', () => {
  assert.deepEqual(warningHeaders(['a\nb', 'c']), ['299 - "c"'])
})

test('other scripts arrive as UTF-8', () => {
  const [header = ''] = warningHeaders(['größer'])
  assert.equal(Buffer.from(header, 'latin1').toString('utf8'), '299 - "größer"')
})

test('too much is cut, text by text', () => {
  const headers = warningHeaders(Array.from({ length: 40 }, (_, i) => `${i} ${'x'.repeat(1000)}`))
  assert.ok(headers.every((header) => header.length <= 256 + '299 - ""'.length))
  assert.ok(headers.join('').length < 5000)
})
