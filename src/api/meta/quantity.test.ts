import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  addQuantities,
  canonicalQuantity,
  compareQuantities,
  formatQuantity,
  parseQuantity,
  quantityOf,
  quantityOfMillis,
  subtractQuantities,
  toMillis,
  toValue,
} from '#api/meta/quantity.ts'

describe('the canonical form', () => {
  const rows: readonly (readonly [given: string, canonical: string])[] = [
    ['0', '0'],
    ['0m', '0'],
    ['100m', '100m'],
    ['1000m', '1'],
    ['0.5', '500m'],
    ['1.5', '1500m'],
    ['1500', '1500'],
    ['2000', '2k'],
    ['1.5Gi', '1536Mi'],
    ['1024Mi', '1Gi'],
    ['128Mi', '128Mi'],
    ['0.5Ki', '512'],
    ['1e3', '1e3'],
    ['1E3', '1E3'],
    ['10e3', '10e3'],
    ['1000e3', '1e6'],
    ['0.0000000001', '1n'],
    ['-1.5', '-1500m'],
    ['-', '0'],
    ['+1', '+1'],
    ['007', '007'],
    ['.5', '500m'],
    ['5.', '5.'],
    ['9223372036854775808Ki', '9223372036854775807'],
    ['.001Ki', '1024m'],
  ]
  for (const [given, canonical] of rows) {
    test(`${given} becomes ${canonical}`, () => assert.equal(canonicalQuantity(given), canonical))
  }

  test('a JSON number is read like its text', () => assert.equal(canonicalQuantity(0.1), '100m'))
})

describe('what is no quantity', () => {
  const format = "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
  const rows: readonly (readonly [given: string, why: string])[] = [
    ['', format],
    ['abc', format],
    ['1.2.3', format],
    ['1 ', format],
    ['1Kx', format],
    ['1K', "unable to parse quantity's suffix"],
    ['1e', "unable to parse quantity's suffix"],
    ['1e99999999', "unable to parse quantity's suffix"],
    ['.e-20', 'unable to parse numeric part of quantity'],
  ]
  for (const [given, why] of rows) {
    test(JSON.stringify(given), () => assert.throws(() => parseQuantity(given), { message: why }))
  }
})

describe('arithmetic', () => {
  test('compares across suffixes', () => {
    assert.equal(compareQuantities(parseQuantity('1Gi'), parseQuantity('1024Mi')), 0)
    assert.ok(compareQuantities(parseQuantity('1G'), parseQuantity('1Gi')) < 0)
    assert.ok(compareQuantities(parseQuantity('1'), parseQuantity('999m')) > 0)
  })

  test('a sum keeps the format of the first', () => {
    assert.equal(formatQuantity(addQuantities(parseQuantity('1Gi'), parseQuantity('1Mi'))), '1025Mi')
    assert.equal(formatQuantity(addQuantities(parseQuantity('0'), parseQuantity('1Mi'))), '1Mi')
    assert.equal(formatQuantity(subtractQuantities(parseQuantity('1'), parseQuantity('100m'))), '900m')
  })

  test('numbers are rounded up', () => {
    assert.equal(toMillis('1'), 1000)
    assert.equal(toMillis('1n'), 1)
    assert.equal(toValue('100m'), 1)
    assert.equal(toValue('1Ki'), 1024)
  })

  test('quantities are made from numbers', () => {
    assert.equal(formatQuantity(quantityOfMillis(250)), '250m')
    assert.equal(formatQuantity(quantityOf(1024 ** 2, 'BinarySI')), '1Mi')
  })
})
