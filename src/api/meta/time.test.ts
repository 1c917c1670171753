import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { formatMicroTime, formatTime, normalizeTime, timeMs } from '#api/meta/time.ts'

describe('a time as Go gives it back', () => {
  const rows: readonly (readonly [given: string, written: string | undefined])[] = [
    ['2024-02-29T23:59:59Z', '2024-02-29T23:59:59Z'],
    ['2024-01-01T01:30:00+02:00', '2023-12-31T23:30:00Z'],
    ['2024-01-01T00:00:00.999999999Z', '2024-01-01T00:00:00Z'],
    ['2024-01-01T9:00:00Z', '2024-01-01T09:00:00Z'],
    ['0001-01-01T00:00:00Z', undefined],
  ]
  for (const [given, written] of rows) {
    test(given, () => assert.equal(normalizeTime(given), written))
  }

  test('microseconds stay', () => {
    assert.equal(normalizeTime('2024-01-01T00:00:00.123456Z', 'microseconds'), '2024-01-01T00:00:00.123456Z')
  })
})

describe('what is no time', () => {
  const layout = '2006-01-02T15:04:05Z07:00'
  const rows: readonly (readonly [given: string, why: string])[] = [
    ['soon', `parsing time "soon" as "${layout}": cannot parse "soon" as "2006"`],
    ['2024-01-01', `parsing time "2024-01-01" as "${layout}": cannot parse "" as "T"`],
    ['2024-13-01T00:00:00Z', 'parsing time "2024-13-01T00:00:00Z": month out of range'],
    ['2023-02-29T00:00:00Z', 'parsing time "2023-02-29T00:00:00Z": day out of range'],
    ['2024-01-01T24:00:00Z', 'parsing time "2024-01-01T24:00:00Z": hour out of range'],
    ['2024-01-01T00:00:00Zx', 'parsing time "2024-01-01T00:00:00Zx": extra text: "x"'],
  ]
  for (const [given, why] of rows) {
    test(given, () => assert.throws(() => normalizeTime(given), { message: why }))
  }

  test('a micro time without its fraction', () => {
    assert.throws(
      () => normalizeTime('2024-01-01T00:00:00Z', 'microseconds'),
      /cannot parse "Z" as "\.000000"/,
    )
  })
})

test('times are written and read in milliseconds', () => {
  assert.equal(formatTime(1_700_000_000_999), '2023-11-14T22:13:20Z')
  assert.equal(formatMicroTime(1_700_000_000_999), '2023-11-14T22:13:20.999000Z')
  assert.equal(timeMs('2023-11-14T22:13:20Z'), 1_700_000_000_000)
})
