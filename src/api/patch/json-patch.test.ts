import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyJsonPatch, JsonPatchError, type JsonPatchOperation } from '#api/patch/json-patch.ts'

const document = () => ({ data: { a: '1', b: '2' }, list: ['x', 'y'], 'a/b': { '~': 1 } })

const fits: readonly [string, readonly JsonPatchOperation[], object][] = [
  ['adds a key', [{ op: 'add', path: '/data/c', value: '3' }], { data: { a: '1', b: '2', c: '3' } }],
  ['adds over a key', [{ op: 'add', path: '/data/a', value: null }], { data: { a: null, b: '2' } }],
  ['appends with -', [{ op: 'add', path: '/list/-', value: 'z' }], { list: ['x', 'y', 'z'] }],
  ['inserts before', [{ op: 'add', path: '/list/0', value: 'w' }], { list: ['w', 'x', 'y'] }],
  ['counts from the end', [{ op: 'remove', path: '/list/-1' }], { list: ['x'] }],
  ['moves', [{ op: 'move', from: '/data/b', path: '/data/d' }], { data: { a: '1', d: '2' } }],
  ['copies', [{ op: 'copy', from: '/list', path: '/data/l' }], { data: { a: '1', b: '2', l: ['x', 'y'] } }],
  ['unescapes', [{ op: 'replace', path: '/a~1b/~0', value: 2 }], { 'a/b': { '~': 2 } }],
  ['ignores what stands before the first slash', [{ op: 'add', path: 'data/z', value: 1 }], { z: 1 }],
  ['replaces what is not there', [{ op: 'replace', path: '/z', value: 1 }], { z: 1 }],
  ['copies what is not there', [{ op: 'copy', from: '/zz', path: '/z' }], { z: null }],
  ['tests', [{ op: 'test', path: '/data/a', value: '1' }], {}],
  ['tests that a key is absent', [{ op: 'test', path: '/data/zz' }], {}],
]

for (const [name, operations, changed] of fits) {
  test(`a patch that fits ${name}`, () => {
    assert.deepEqual(applyJsonPatch(document(), operations), { ...document(), ...changed })
  })
}

const misfits: readonly [string, JsonPatchOperation][] = [
  ['removes nothing', { op: 'remove', path: '/data/zz' }],
  ['adds in place of the whole', { op: 'add', path: '', value: {} }],
  ['moves what is not there', { op: 'move', from: '/data/zz', path: '/data/a' }],
  ['tests false', { op: 'test', path: '/data/a', value: 'no' }],
  ['has an unknown operation', { op: 'wrong', path: '/data/a' }],
  ['has no path', { op: 'add', value: 1 }],
  ['goes through a string', { op: 'add', path: '/data/a/b', value: 1 }],
  ['lies outside a list', { op: 'add', path: '/list/9', value: 1 }],
  ['replaces the document by a list', { op: 'replace', path: '', value: [] }],
  ['reaches for the prototype', { op: 'add', path: '/__proto__/x', value: 1 }],
]

for (const [name, operation] of misfits) {
  test(`a patch that ${name} is refused and changes nothing`, () => {
    const before = document()
    assert.throws(() => applyJsonPatch(before, [operation]), JsonPatchError)
    assert.deepEqual(before, document())
  })
}

test('what does not fit is told in the words of the library', () => {
  const cases: readonly (readonly [JsonPatchOperation, string])[] = [
    [
      { op: 'add', path: '/n/x', value: 1 },
      'add operation does not apply: doc is missing path: "/n/x": missing value',
    ],
    [
      { op: 'replace', path: '/n/x' },
      'replace operation does not apply: doc is missing path: /n/x: missing value',
    ],
    [
      { op: 'remove', path: '/n' },
      "error in remove for path: '/n': Unable to remove nonexistent key: n: missing value",
    ],
    [
      { op: 'copy', from: '/n/x', path: '/m' },
      'copy operation does not apply: doc is missing from path: /n/x: missing value',
    ],
    [{ op: 'test', path: '/list', value: 1 }, 'testing value /list failed: test failed'],
  ]
  for (const [operation, message] of cases) {
    assert.throws(() => applyJsonPatch(document(), [operation]), { message })
  }
})

test('a key named __proto__ is data', () => {
  const patched = applyJsonPatch({}, [{ op: 'add', path: '/__proto__', value: { x: 1 } }])
  assert.ok(Object.hasOwn(patched, '__proto__'))
  assert.equal(({} as { x?: number }).x, undefined)
})
