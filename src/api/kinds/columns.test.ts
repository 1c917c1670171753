import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ageColumn, column, field, formatLabelMap, humanDuration, since } from '#api/kinds/columns.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

describe('durations for people', () => {
  const rows: readonly (readonly [seconds: number, text: string])[] = [
    [-2, '<invalid>'],
    [-0.5, '0s'],
    [0, '0s'],
    [119, '119s'],
    [2 * MINUTE, '2m'],
    [3 * MINUTE + 5, '3m5s'],
    [10 * MINUTE + 5, '10m'],
    [179 * MINUTE, '179m'],
    [3 * HOUR + 20 * MINUTE, '3h20m'],
    [8 * HOUR + 20 * MINUTE, '8h'],
    [47 * HOUR, '47h'],
    [2 * DAY + 4 * HOUR, '2d4h'],
    [8 * DAY + 4 * HOUR, '8d'],
    [729 * DAY, '729d'],
    [3 * 365 * DAY + 20 * DAY, '3y20d'],
    [9 * 365 * DAY, '9y'],
  ]
  for (const [seconds, text] of rows) test(text, () => assert.equal(humanDuration(seconds * 1000), text))
})

test('an age that nobody knows', () => assert.equal(since(undefined, 0), '<unknown>'))

test('labels in the order of their keys', () => {
  assert.equal(formatLabelMap({ b: '2', a: '1' }), 'a=1,b=2')
  assert.equal(formatLabelMap(undefined), '<none>')
})

test('descriptions come from the schema when somebody asks', () => {
  const phase = column('Status', field('core.v1.PodStatus', 'phase'), () => '')
  assert.match(phase.description, /lifecycle/)
  assert.match(ageColumn().description, /^CreationTimestamp .*\n\n/s)
})
