import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { JsonObject } from '#api/meta/object.ts'
import { applyMergePatch } from '#api/patch/merge-patch.ts'

// The examples of RFC 7386, appendix A, as far as documents are objects.
const cases: readonly [JsonObject, JsonObject, JsonObject][] = [
  [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
  [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
  [{ a: 'b' }, { a: null }, {}],
  [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
  [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
  [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
  [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
  [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
  [{ e: null }, { a: 1 }, { e: null, a: 1 }],
  [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
]

for (const [document, patch, result] of cases) {
  test(`${JSON.stringify(document)} merged with ${JSON.stringify(patch)}`, () => {
    const before = structuredClone(document)
    assert.deepEqual(applyMergePatch(document, patch), result)
    assert.deepEqual(document, before)
  })
}
