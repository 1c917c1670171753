import assert from 'node:assert/strict'
import { test } from 'node:test'
import { resultProblem } from '#api/cel/result-type.ts'

const rows: readonly (readonly [source: string, wanted: readonly string[], problem: string | undefined])[] = [
  ['1 + 1', ['bool'], 'must evaluate to bool but got int'],
  ['object.size() < 2', ['bool'], undefined],
  ['object.x', ['bool'], undefined],
  ['true', ['string', 'null_type'], 'must evaluate to one of [string null_type] but got bool'],
  ["'a' + object.name", ['string'], undefined],
  ['this is no expression', ['bool'], undefined],
]

for (const [source, wanted, problem] of rows) {
  test(source, () => assert.equal(resultProblem(source, ['object'], wanted), problem))
}
