import assert from 'node:assert/strict'
import { test } from 'node:test'
import { messagesAsMaps } from '#api/cel/messages.ts'

const rows: readonly (readonly [source: string, expected: string])[] = [
  ['Object{spec: Object.spec{replicas: 3}}', '{"spec": {"replicas": 3}}'],
  [
    'Object{metadata: Object.metadata{labels: {"a": x ? y : z}}}',
    '{"metadata": {"labels": {"a": x ? y : z}}}',
  ],
  ['[JSONPatch{op: "add", path: "/a", value: 1}]', '[{"op": "add", "path": "/a", "value": 1}]'],
  ['Object{a: [1, 2].map(i, Object.a{n: i})}', '{"a": [1, 2].map(i, {"n": i})}'],
  ['object.Object', 'object.Object'],
  ['{name: 1}', '{name: 1}'],
]

for (const [source, expected] of rows) {
  test(`${source} is ${expected}`, () =>
    assert.equal(messagesAsMaps(source, ['Object', 'JSONPatch']), expected))
}
