import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type CronSchedule, parseCron } from '#api/meta/cron.ts'
import { parseGoDuration } from '#api/meta/go-duration.ts'
import { timeZoneProblem } from '#api/meta/time-zone.ts'

type Calendar = Extract<CronSchedule, { kind: 'calendar' }>

function calendar(text: string): Calendar {
  const schedule = parseCron(text)
  assert.equal(schedule.kind, 'calendar')
  return schedule as Calendar
}

test('ranges, steps, lists and names', () => {
  const { minute, hour, dayOfMonth, month, dayOfWeek } = calendar('*/20 8-10,22 15/10 jan,Dec mon-wed')
  assert.deepEqual([...minute.values], [0, 20, 40])
  assert.deepEqual([...hour.values], [8, 9, 10, 22])
  assert.deepEqual([...dayOfMonth.values], [15, 25])
  assert.deepEqual([...month.values], [1, 12])
  assert.deepEqual([...dayOfWeek.values], [1, 2, 3])
})

test('a star is a star only without steps', () => {
  const { minute, hour, dayOfWeek } = calendar('* */2 * * ?')
  assert.deepEqual([minute.isStar, hour.isStar, dayOfWeek.isStar], [true, false, true])
})

test('descriptors', () => {
  assert.deepEqual([...calendar('@weekly').dayOfWeek.values], [0])
  assert.deepEqual(parseCron('@every 1h30m'), { kind: 'every', seconds: 5400 })
  assert.deepEqual(parseCron('@every 10ms'), { kind: 'every', seconds: 1 })
})

test('a zone within the text', () => assert.equal(calendar('CRON_TZ=UTC 0 0 * * *').timeZone, 'UTC'))

describe('what is no schedule', () => {
  const rows: readonly (readonly [text: string, why: string])[] = [
    ['', 'empty spec string'],
    ['* * * *', 'expected exactly 5 fields, found 4: [* * * *]'],
    ['60 * * * *', 'end of range (60) above maximum (59): 60'],
    ['* * 0 * *', 'beginning of range (0) below minimum (1): 0'],
    ['5-1 * * * *', 'beginning of range (5) beyond end of range (1): 5-1'],
    ['x * * * *', 'failed to parse int from x: strconv.Atoi: parsing "x": invalid syntax'],
    ['*/0 * * * *', 'step of range should be a positive number: */0'],
    ['1-2-3 * * * *', 'too many hyphens: 1-2-3'],
    ['1/2/3 * * * *', 'too many slashes: 1/2/3'],
    ['@never', 'unrecognized descriptor: @never'],
    ['@every x', 'failed to parse duration @every x: time: invalid duration "x"'],
    ['TZ=UTC', 'invalid schedule format: runtime error: slice bounds out of range [:-1]'],
    ['TZ=Mars/Base * * * * *', 'provided bad location Mars/Base: unknown time zone Mars/Base'],
  ]
  for (const [text, message] of rows) {
    test(JSON.stringify(text), () => assert.throws(() => parseCron(text), { message }))
  }
})

describe('durations', () => {
  const rows: readonly (readonly [text: string, ms: number])[] = [
    ['0', 0],
    ['1h30m', 5_400_000],
    ['-1.5s', -1_500],
    ['100ms', 100],
    ['.5m', 30_000],
  ]
  for (const [text, ms] of rows) test(text, () => assert.equal(parseGoDuration(text), ms))
  test('without a unit', () =>
    assert.throws(() => parseGoDuration('5'), { message: 'time: missing unit in duration "5"' }))
  test('of an unknown unit', () =>
    assert.throws(() => parseGoDuration('5d'), { message: 'time: unknown unit "d" in duration "5d"' }))
})

describe('time zones', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/New_York', 'US/Eastern']) {
    test(name, () => assert.equal(timeZoneProblem(name), undefined))
  }
  for (const name of ['europe/berlin', 'Nowhere', '+01:00']) {
    test(name, () => assert.equal(timeZoneProblem(name), `unknown time zone ${name}`))
  }
})
