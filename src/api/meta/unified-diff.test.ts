import assert from 'node:assert/strict'
import { test } from 'node:test'
import { unifiedDiff } from '#api/meta/unified-diff.ts'

test('nothing for what is equal', () => assert.equal(unifiedDiff({ a: 1 }, { a: 1 }), ''))

test('three lines around a change', () => {
  const before = { A: 1, B: 2, C: 3, D: 4, E: 5, F: 6, G: 7, H: 8 }
  assert.equal(
    unifiedDiff(before, { ...before, E: 'five' }),
    '@@ -3,7 +3,7 @@\n  "B": 2,\n  "C": 3,\n  "D": 4,\n- "E": 5,\n+ "E": "five",\n  "F": 6,\n  "G": 7,\n  "H": 8\n',
  )
})

test('changes far apart are told apart', () => {
  const before = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`F${i}`, i]))
  const hunks = unifiedDiff(before, { ...before, F0: 'x', F19: 'y' }).match(/^@@/gm)
  assert.equal(hunks?.length, 2)
})

test('added and removed lines', () => {
  assert.equal(
    unifiedDiff({ A: ['x'] }, { A: ['x', 'y'] }),
    '@@ -1,5 +1,6 @@\n {\n  "A": [\n-  "x"\n+  "x",\n+  "y"\n  ]\n }\n',
  )
})
