import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createWrittenObjects } from '#apiserver/registry/written-objects.ts'

const value = new TextEncoder().encode('{"metadata":{"name":"a"}}')

test('writer and cache share one frozen object, whoever asks first', () => {
  const written = createWrittenObjects()
  const object = { metadata: { name: 'a' } }
  written.remember(value, object)
  const first = written.find({ key: '/a', value, modRevision: 7 })
  assert.equal(written.find({ key: '/a', value, modRevision: 7 }), first)
  assert.equal(first?.object, object)
  assert.deepEqual(object, { metadata: { name: 'a', resourceVersion: '7' } })
  assert.ok(Object.isFrozen(object.metadata))
})

test('the same bytes at another place, or written at another time, are decoded', () => {
  const written = createWrittenObjects()
  written.remember(value, { metadata: { name: 'a' } })
  assert.equal(written.find({ key: '/a', value: value.slice(), modRevision: 7 }), undefined)
  written.find({ key: '/a', value, modRevision: 7 })
  assert.equal(written.find({ key: '/a', value, modRevision: 8 }), undefined)
})
