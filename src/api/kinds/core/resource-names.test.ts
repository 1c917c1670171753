import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { roundResources } from '#api/kinds/core/resource-defaults.ts'
import {
  containerResourceName,
  isExtendedResource,
  isNativeResource,
  isWholePages,
  quotaResourceName,
  resourceName,
} from '#api/kinds/core/resource-names.ts'
import { errorTexts } from '#api/kinds/testing.ts'
import { Path } from '#api/meta/field-error.ts'
import { parseQuantity } from '#api/meta/quantity.ts'

const PATH = new Path('r')

describe('names', () => {
  const rows: readonly (readonly [name: string, any: number, container: number, quota: number])[] = [
    ['cpu', 0, 0, 0],
    ['storage', 0, 1, 1],
    ['pods', 0, 1, 0],
    ['hugepages-2Mi', 0, 0, 0],
    ['example.com/gpu', 0, 0, 0],
    ['speed', 1, 2, 2],
    ['bad name', 1, 2, 2],
  ]
  for (const [name, any, container, quota] of rows) {
    test(name, () => {
      const counts = [resourceName, containerResourceName, quotaResourceName].map(
        (check) => errorTexts(check(PATH, name)).length,
      )
      assert.deepEqual(counts, [any, container, quota])
    })
  }
})

test('whose a resource is', () => {
  assert.equal(isNativeResource('cpu'), true)
  assert.equal(isNativeResource('kubernetes.io/x'), true)
  assert.equal(isExtendedResource('example.com/gpu'), true)
  assert.equal(isExtendedResource('requests.example.com/gpu'), false)
})

test('huge pages come whole', () => {
  assert.equal(isWholePages('hugepages-2Mi', parseQuantity('4Mi')), true)
  assert.equal(isWholePages('hugepages-2Mi', parseQuantity('3Mi')), false)
  assert.equal(isWholePages('hugepages-x', parseQuantity('3Mi')), false)
})

test('amounts are rounded up to thousandths', () => {
  const list = { cpu: '100u', memory: '1.5Gi', other: '1500n', whole: '2' }
  roundResources(list)
  assert.deepEqual(list, { cpu: '1m', memory: '1.5Gi', other: '1m', whole: '2' })
})
