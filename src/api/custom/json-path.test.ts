import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonPath } from '#api/custom/json-path.ts'

const OBJECT = {
  metadata: { labels: { 'a.b/c': 'x' } },
  spec: { replicas: 3, ports: [{ n: 1 }, { n: 2 }] },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Old', status: 'False' },
    ],
  },
}

const rows: readonly (readonly [path: string, found: readonly unknown[]])[] = [
  ['.spec.replicas', [3]],
  ['{.spec.replicas}', [3]],
  ['$.spec.replicas', [3]],
  ['.spec.ports[1].n', [2]],
  ['.spec.ports[-1].n', [2]],
  ['.spec.ports[*].n', [1, 2]],
  [".metadata.labels['a.b/c']", ['x']],
  ['.metadata.labels.a\\.b/c', ['x']],
  ['.status.conditions[?(@.type=="Ready")].status', ['True']],
  ['.status.conditions[?(@.type!="Ready")].status', ['False']],
  ['.spec.absent.more', []],
  ['.spec[', []],
]

for (const [path, found] of rows)
  test(`${path} finds ${JSON.stringify(found)}`, () => assert.deepEqual(jsonPath(path)(OBJECT), found))
