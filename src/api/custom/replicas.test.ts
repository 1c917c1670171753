import assert from 'node:assert/strict'
import { test } from 'node:test'
import { replicasErrors } from '#api/custom/replicas.ts'

const rows: readonly (readonly [object: object, problem: string | undefined])[] = [
  [{}, undefined],
  [{ spec: { n: 3 } }, undefined],
  [{ spec: { n: -1 } }, '.spec.n: Invalid value: -1: should be a non-negative integer'],
  [
    { spec: { n: '1' } },
    '.spec.n: Invalid value: 0: .spec.n accessor error: 1 is of the type string, expected int64',
  ],
  [
    { spec: [] },
    '.spec.n: Invalid value: 0: .spec.n accessor error: [] is of the type []interface {}, expected map[string]interface{}',
  ],
]
for (const [object, problem] of rows) {
  test(`replicas of ${JSON.stringify(object)}`, () => {
    const [error] = replicasErrors(object as never, '.spec.n')
    assert.equal(error && `${error.field}: ${error.body}`, problem)
  })
}
