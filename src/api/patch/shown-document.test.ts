import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openedByMerge, openedByOperations, showDocument } from '#api/patch/shown-document.ts'

const document = { kind: 'K', apiVersion: 'v1', spec: { b: { d: 1, c: '<' }, a: { f: 1, e: 2 } } }

test('the root is sorted, what nobody looked into is not', () => {
  assert.equal(
    showDocument(document, openedByOperations([{ op: 'remove', path: '/kind' }])),
    '{"apiVersion":"v1","kind":"K","spec":{"b":{"d":1,"c":"\\u003c"},"a":{"f":1,"e":2}}}',
  )
})

test('an operation opens what stands above its path', () => {
  const operations = [{ op: 'move', path: '/spec/b/c', from: '/spec/x~1y/z' }]
  assert.deepEqual(openedByOperations(operations), { spec: { b: {}, 'x/y': {} } })
  assert.equal(
    showDocument(document, openedByOperations(operations)),
    '{"apiVersion":"v1","kind":"K","spec":{"a":{"f":1,"e":2},"b":{"c":"\\u003c","d":1}}}',
  )
})

test('a merge patch opens the objects that it has something for', () => {
  assert.deepEqual(openedByMerge({ spec: { a: { e: null }, b: 1 }, kind: 'x' }), { spec: { a: {} } })
})
