import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IndexSet } from '#controllers/job/indexes.ts'

const TEXTS: readonly [name: string, indexes: number[], text: string][] = [
  ['none', [], ''],
  ['one', [3], '3'],
  ['two neighbours are written apart', [3, 4], '3,4'],
  ['three are a range', [5, 3, 4], '3-5'],
  ['mixed', [0, 2, 3, 4, 7, 8, 10], '0,2-4,7,8,10'],
]

for (const [name, indexes, text] of TEXTS) {
  test(`written: ${name}`, () => {
    assert.equal(IndexSet.of(indexes).toString(), text)
    assert.equal(IndexSet.parse(text, 100).toString(), text)
    assert.equal(IndexSet.of(indexes).size, indexes.length)
  })
}

test('what is beyond the last index, or no index, is not read', () => {
  assert.equal(IndexSet.parse('0-9,20', 5).toString(), '0-4')
  assert.equal(IndexSet.parse('0,x,2', 5).toString(), '0,2')
  assert.equal(IndexSet.parse(undefined, 5).toString(), '')
})

test('the first that are missing', () => {
  assert.deepEqual(IndexSet.of([0, 2, 3]).missing(3, 10), [1, 4, 5])
  assert.deepEqual(IndexSet.of([0, 2, 3]).missing(10, 6), [1, 4, 5])
  assert.deepEqual(IndexSet.EMPTY.missing(2, 1), [0])
  assert.deepEqual(IndexSet.of([0, 1]).missing(2, 2), [])
})

test('sets are joined and compared', () => {
  const set = IndexSet.of([1, 2]).union(IndexSet.of([3, 7]))
  assert.equal(set.toString(), '1-3,7')
  assert.ok(set.has(3) && !set.has(4))
  assert.equal(set.overlap(IndexSet.of([2, 3, 8])), 2)
})
