import assert from 'node:assert/strict'
import { test } from 'node:test'
import { decodeYaml, encodeYaml, parseYaml } from '#api/codec/yaml.ts'
import { kindSchema } from '#api/schema/schema.ts'

const configMap = kindSchema('', 'v1', 'ConfigMap')

test('a document becomes the object that its JSON would', () => {
  const { object } = decodeYaml('apiVersion: v1\nkind: ConfigMap\ndata: {b: "1", a: "2"}\n', configMap)
  assert.deepEqual(object, { kind: 'ConfigMap', apiVersion: 'v1', metadata: {}, data: { a: '2', b: '1' } })
})

test('doubled keys are found where they stand', () => {
  const { strictProblems } = decodeYaml('data:\n  a: "1"\n  a: "2"\nx: 1\n', configMap, 'Strict')
  assert.deepEqual(strictProblems, [
    'yaml: unmarshal errors:\n  line 3: key "a" already set in map',
    'unknown field "x"',
  ])
})

test('aliases may not blow a document up', () => {
  const bomb = ['a: &a [x,x,x,x,x,x,x,x,x]']
  for (let i = 0; i < 9; i++) {
    const name = String.fromCharCode(98 + i)
    const before = String.fromCharCode(97 + i)
    bomb.push(`${name}: &${name} [${Array(9).fill(`*${before}`).join(',')}]`)
  }
  assert.throws(() => parseYaml(bomb.join('\n')))
})

test('what is wrong with a text is told in Go’s words', () => {
  const cases = [
    ['a: *nope', "yaml: unknown anchor 'nope' referenced"],
    ['{a: b', "yaml: line 1: did not find expected ',' or '}'"],
    ['k: [1, 2', "yaml: line 1: did not find expected ',' or ']'"],
    ['a: [', 'yaml: line 1: did not find expected node content'],
  ] as const
  for (const [text, message] of cases) assert.throws(() => parseYaml(text), { message })
})

test('a date is a text', () => {
  assert.deepEqual(parseYaml('a: 2020-01-01'), { a: '2020-01-01' })
})

test('of several documents the first counts', () => {
  assert.deepEqual(parseYaml('a: 1\n---\nb: 2\n'), { a: 1 })
})

test('keys are written sorted', () => {
  assert.equal(encodeYaml({ b: 1, a: { d: 'yes', c: [] } }), 'a:\n  c: []\n  d: "yes"\nb: 1\n')
})
