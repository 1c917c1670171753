import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  difference,
  EMPTY,
  type FieldSet,
  fieldSet,
  forEachField,
  hasField,
  intersection,
  nodeOf,
  recursiveDifference,
  union,
} from '#api/patch/apply/field-set.ts'

/** `a.b a` → the set of the fields a.b and a. */
const set = (text: string): FieldSet =>
  fieldSet(
    ...text
      .split(' ')
      .filter((path) => path !== '')
      .map((path) => path.split('.').map((name) => `f:${name}`)),
  )

function textOf(fields: FieldSet): string {
  const paths: string[] = []
  forEachField(fields, (path) => paths.push(path.map((element) => element.slice(2)).join('.')))
  return paths.sort().join(' ')
}

test('the form is that of fieldsV1', () => {
  assert.deepEqual(set('a.b a.c d d.e'), {
    'f:a': { 'f:b': {}, 'f:c': {} },
    'f:d': { '.': {}, 'f:e': {} },
  })
})

const cases: [
  a: string,
  b: string,
  union: string,
  intersection: string,
  difference: string,
  below: string,
][] = [
  ['', 'a', 'a', '', '', ''],
  ['a b', 'b c', 'a b c', 'b', 'a', 'a'],
  ['a.b', 'a', 'a a.b', '', 'a.b', ''],
  ['a a.b', 'a', 'a a.b', 'a', 'a.b', ''],
  ['a', 'a.b', 'a a.b', '', 'a', 'a'],
  ['a a.b', 'a.b', 'a a.b', 'a.b', 'a', 'a'],
  ['a.b.c a.b.d', 'a.b.c', 'a.b.c a.b.d', 'a.b.c', 'a.b.d', 'a.b.d'],
  ['a.b.c x', 'a.b x', 'a.b a.b.c x', 'x', 'a.b.c', ''],
]

for (const [a, b, ...wanted] of cases) {
  test(`the sets "${a}" and "${b}"`, () => {
    const results = [union, intersection, difference, recursiveDifference].map((operation) =>
      textOf(operation(set(a), set(b))),
    )
    assert.deepEqual(results, wanted)
  })
}

test('what does not change is shared', () => {
  const fields = set('a.b c.d')
  assert.equal(difference(fields, set('x a')), fields)
  assert.equal(recursiveDifference(fields, set('x.y')), fields)
  assert.equal(union(fields, EMPTY), fields)
  assert.equal(difference(fields, set('a.b'))['f:c'], fields['f:c'])
})

test('a node holds its own mark only beside others', () => {
  assert.deepEqual(nodeOf(true, EMPTY), {})
  assert.deepEqual(nodeOf(true, set('a')), { '.': {}, 'f:a': {} })
  assert.deepEqual(nodeOf(false, { '.': EMPTY, 'f:a': EMPTY }), { 'f:a': {} })
  assert.equal(nodeOf(false, EMPTY), undefined)
})

test('a field is in the set when its node is marked or a leaf', () => {
  const fields = set('a.b d d.e')
  assert.deepEqual(
    [[], ['f:a'], ['f:a', 'f:b'], ['f:d'], ['f:d', 'f:e'], ['f:x', 'f:y']].map((path) =>
      hasField(fields, path),
    ),
    [false, false, true, true, true, false],
  )
})
