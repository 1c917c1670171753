import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseDeleteOptions, parseListOptions } from '#apiserver/registry/options.ts'
import { isResourceVersion } from '#apiserver/registry/resource-version.ts'

test('a selector that cannot be read is told before options that may not be asked', () => {
  const list = (query: string) => () => parseListOptions(new URLSearchParams(query))
  assert.throws(list('resourceVersionMatch=x'), { code: 422 })
  assert.throws(list('resourceVersionMatch=x&labelSelector=%3E'), { code: 400 })
  assert.throws(list('resourceVersionMatch=x&fieldSelector=a%5C'), { code: 400 })
})

test('preconditions of a deletion may stand in its query', () => {
  const preconditions = (query: string) =>
    parseDeleteOptions(new URLSearchParams(query), undefined).preconditions
  assert.equal(preconditions('uid='), undefined)
  assert.deepEqual(preconditions('uid=a&resourceVersion=5'), { uid: 'a', resourceVersion: '5' })
})

test('resource versions are numbers of 64 bits', () => {
  assert.ok(isResourceVersion('18446744073709551615'))
  for (const text of ['18446744073709551616', '-1', 'x']) assert.ok(!isResourceVersion(text), text)
})
