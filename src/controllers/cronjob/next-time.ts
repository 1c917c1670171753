// When a schedule is due next. Pure.
//
// A time of day that a change of clocks skips does not come that day, one that it repeats comes twice.
// Upstream: vendor/github.com/robfig/cron/v3/{spec,constantdelay}.go

import type { CronSchedule } from '#api/meta/cron.ts'
import type { WallTime, Zone } from '#controllers/cronjob/zone.ts'

type Calendar = Extract<CronSchedule, { readonly kind: 'calendar' }>

const MINUTE_MS = 60_000
/** A schedule that has no time in five years never has one: the 31st of February. */
const YEARS_AHEAD = 5

/** The first time after `afterMs`; undefined when there is none. */
export function nextTime(schedule: CronSchedule, zone: Zone, afterMs: number): number | undefined {
  if (schedule.kind === 'every') return (Math.floor(afterMs / 1000) + schedule.seconds) * 1000
  let ms = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS
  const lastYear = zone.wallTime(ms).year + YEARS_AHEAD
  for (;;) {
    const wall = zone.wallTime(ms)
    if (wall.year > lastYear) return undefined
    if (!schedule.month.values.has(wall.month)) ms = zone.startOfDay(wall.year, wall.month + 1, 1)
    else if (!isDay(schedule, wall)) ms = zone.startOfDay(wall.year, wall.month, wall.day + 1)
    else if (!schedule.hour.values.has(wall.hour)) ms += (60 - wall.minute) * MINUTE_MS
    else if (!schedule.minute.values.has(wall.minute)) ms += MINUTE_MS
    else return ms
  }
}

/** Where both the day of the month and of the week are given, one of them is enough. */
function isDay({ dayOfMonth, dayOfWeek }: Calendar, { day, weekday }: WallTime): boolean {
  const isDayOfMonth = dayOfMonth.values.has(day)
  const isDayOfWeek = dayOfWeek.values.has(weekday)
  return dayOfMonth.isStar || dayOfWeek.isStar ? isDayOfMonth && isDayOfWeek : isDayOfMonth || isDayOfWeek
}
