import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { checkCel } from '#api/cel/check.ts'
import { parseType } from '#api/cel/checker/types.ts'
import { estimateCost } from '#api/cel/cost/estimate.ts'

const SCOPE = {
  variables: new Map([
    ['names', parseType('list(string)')],
    ['text', parseType('string')],
    ['count', parseType('int')],
  ]),
}
/** A list of at most ten names of twenty bytes, and a text of a hundred. */
const SIZES: Readonly<Record<string, number>> = { names: 10, 'names.@items': 20, text: 100, count: 0 }

describe('what expressions cost at most', () => {
  const rows: readonly (readonly [source: string, cost: number])[] = [
    ['true', 0],
    ['count > 1', 2],
    ['text == "a"', 2],
    ['text.contains("abcdefghij")', 11],
    // a name, an operation and the accumulated truth for each
    ['names.all(n, n == "x")', 52],
    ['names.all(a, names.all(b, a == b))', 752],
    ['names.exists(n, n.matches("^a+$"))', 82],
    ['[1, 2].size() == 2', 12],
    ['names.sort().size() > 0', 224],
    ['optional.of(count).optMap(c, c + 1).orValue(0) > 1', 21],
  ]
  for (const [source, cost] of rows) {
    test(source, () => {
      const { checked, problem } = checkCel(source, SCOPE)
      assert.ok(checked, problem)
      const found = estimateCost(checked, (way) => {
        const max = SIZES[way.join('.')]
        return max === undefined ? undefined : { min: 0, max }
      })
      assert.equal(found, cost)
    })
  }
})

test('what has no bound on its size has none on its cost', () => {
  const { checked } = checkCel('names.all(n, n == "x")', SCOPE)
  assert.equal(
    estimateCost(checked!, () => undefined),
    Number.POSITIVE_INFINITY,
  )
})
