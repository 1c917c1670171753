import assert from 'node:assert/strict'
import { test } from 'node:test'
import { percentOf, scaledValue } from '#api/meta/int-or-string.ts'

test('a percentage is taken of the total, rounded as asked', () => {
  assert.equal(scaledValue('25%', 10, true), 3)
  assert.equal(scaledValue('25%', 10, false), 2)
  assert.equal(scaledValue(4, 10, true), 4)
  assert.equal(scaledValue('many', 10, true), undefined)
  assert.equal(percentOf('150%'), 150)
})
