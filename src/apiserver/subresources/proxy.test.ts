import assert from 'node:assert/strict'
import { test } from 'node:test'
import { readUpTo, rewritten } from '#apiserver/subresources/proxy.ts'
import { splitSchemeNamePort } from '#apiserver/subresources/proxy-target.ts'

const PREFIX = '/api/v1/namespaces/default/services/web/proxy'
const target = { host: '10.244.1.2', port: 8080 }

const locations: readonly [string, string][] = [
  ['/login', `${PREFIX}/login`],
  ['http://10.244.1.2:8080/login?a=b', `${PREFIX}/login?a=b`],
  ['http://10.244.1.2:8080', `${PREFIX}/`],
  ['login', 'login'],
  ['https://example.com/login', 'https://example.com/login'],
  [`${PREFIX}/already`, `${PREFIX}/already`],
]

for (const [location, expected] of locations) {
  test(`a redirect to ${location}`, () => assert.equal(rewritten(location, target, PREFIX), expected))
}

const names: readonly [string, object | undefined][] = [
  ['web', { scheme: '', name: 'web', port: '' }],
  ['web:80', { scheme: '', name: 'web', port: '80' }],
  ['https:web:http', { scheme: 'https', name: 'web', port: 'http' }],
  ['https:web:', { scheme: 'https', name: 'web', port: '' }],
  ['web:', undefined],
  [':80', undefined],
  ['ftp:web:80', undefined],
  ['a:b:c:d', undefined],
]

for (const [id, expected] of names) {
  test(`the target ${id}`, () => assert.deepEqual(splitSchemeNamePort(id), expected))
}

test('what is larger than the bound comes through whole, and unread', async () => {
  const pieces = ['one', 'two', 'three', 'four'].map((text) => Buffer.from(text))
  let read = 0
  async function* source() {
    for (const piece of pieces) {
      read++
      yield piece
    }
  }
  const whole = await readUpTo(source(), 100)
  assert.ok(whole.isWhole)
  assert.equal(Buffer.concat(whole.chunks).toString(), 'onetwothreefour')
  read = 0
  const large = await readUpTo(source(), 5)
  assert.ok(!large.isWhole)
  assert.equal(read, 2)
  let text = ''
  for await (const chunk of large.bytes) text += Buffer.from(chunk).toString()
  assert.equal(text, 'onetwothreefour')
})
