import assert from 'node:assert/strict'
import { test } from 'node:test'
import { semanticEqual } from '#api/meta/equality.ts'

const rows: readonly (readonly [name: string, a: unknown, b: unknown, same: boolean])[] = [
  ['absent and null', { a: null }, {}, true],
  ['absent and an empty list', { a: [] }, {}, true],
  ['order of fields', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
  ['order of items', [1, 2], [2, 1], false],
  ['amounts', { limits: { cpu: '1' } }, { limits: { cpu: '1000m' } }, true],
  ['other texts are not amounts', { args: '1' }, { args: '1000m' }, false],
  ['amounts that are none', { limits: { cpu: 'x' } }, { limits: { cpu: 'y' } }, false],
  ['zero is something', { a: 0 }, {}, false],
  ['a list and an object', { a: [1] }, { a: { 0: 1 } }, false],
]
for (const [name, a, b, same] of rows) {
  test(name, () => {
    assert.equal(semanticEqual(a, b), same)
    assert.equal(semanticEqual(b, a), same)
  })
}
