import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseCron } from '#api/meta/cron.ts'
import { nextTime } from '#controllers/cronjob/next-time.ts'
import { Zone } from '#controllers/cronjob/zone.ts'

const rows: readonly [name: string, schedule: string, zone: string, after: string, expected: string][] = [
  ['the next minute', '* * * * *', '', '2026-01-01T00:00:30Z', '2026-01-01T00:01:00Z'],
  ['never the same time again', '* * * * *', '', '2026-01-01T00:01:00Z', '2026-01-01T00:02:00Z'],
  ['over the end of a year', '30 6 1 1 *', '', '2026-01-01T06:30:00Z', '2027-01-01T06:30:00Z'],
  ['a leap day', '0 0 29 2 *', '', '2026-03-01T00:00:00Z', '2028-02-29T00:00:00Z'],
  ['either of the days', '0 0 13 * 5', '', '2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z'],
  ['only the day of the week', '0 0 * * 5', '', '2026-01-02T00:00:00Z', '2026-01-09T00:00:00Z'],
  ['at intervals', '@every 90s', '', '2026-01-01T00:00:00.500Z', '2026-01-01T00:01:30Z'],
  ['in a zone', '0 9 * * *', 'Europe/Berlin', '2026-01-01T09:00:00Z', '2026-01-02T08:00:00Z'],
  ['in a zone with half hours', '0 9 * * *', 'Asia/Kolkata', '2026-01-01T00:00:00Z', '2026-01-01T03:30:00Z'],
  ['skipped by the clocks', '30 2 * * *', 'Europe/Berlin', '2026-03-28T12:00:00Z', '2026-03-30T00:30:00Z'],
  ['repeated by the clocks', '30 2 * * *', 'Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T01:30:00Z'],
  ['no midnight', '0 0 * * *', 'America/Santiago', '2026-09-05T12:00:00Z', '2026-09-07T03:00:00Z'],
]

for (const [name, schedule, zone, after, expected] of rows) {
  test(`${name}: ${schedule}`, () => {
    const next = nextTime(parseCron(schedule), new Zone(zone), Date.parse(after))
    assert.equal(next, Date.parse(expected), next === undefined ? 'none' : new Date(next).toISOString())
  })
}

test('the 31st of February never comes', () => {
  assert.equal(
    nextTime(parseCron('59 23 31 2 *'), new Zone('Europe/Berlin'), Date.UTC(2026, 0, 1)),
    undefined,
  )
})
