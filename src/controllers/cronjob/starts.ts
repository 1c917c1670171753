// Which start of a CronJob is due now, and when to look again. Pure.
//
// After a time in which nobody looked, only the latest start that was missed is made up for.
// Upstream: pkg/controller/cronjob/utils.go (mostRecentScheduleTime, nextScheduleTime, nextScheduleTimeDuration)

import { CronError, type CronSchedule, parseCron } from '#api/meta/cron.ts'
import { timeZoneProblem } from '#api/meta/time-zone.ts'
import type { CronJob } from '#api/types/batch.ts'
import { nextTime } from '#controllers/cronjob/next-time.ts'
import { Zone } from '#controllers/cronjob/zone.ts'

/** For clocks that are not quite the same. */
const SLACK_MS = 100
const MANY = 100

/** A schedule with the zone that it is meant in. */
export interface Timetable {
  readonly schedule: CronSchedule
  readonly zone: Zone
}

/** Throws CronError with what is wrong. A zone that the schedule names itself goes before `spec.timeZone`. */
export function timetable({ spec }: CronJob): Timetable {
  const schedule = parseCron(spec?.schedule ?? '')
  const own = schedule.kind === 'calendar' ? schedule.timeZone : undefined
  const name = own ?? spec?.timeZone ?? ''
  const problem = timeZoneProblem(name)
  if (problem !== undefined) throw new CronError(problem)
  return { schedule, zone: new Zone(name === 'Local' ? '' : name) }
}

interface Missed {
  readonly earliestMs: number
  /** The latest time that has come. */
  readonly recentMs?: number
  readonly count: number
}

function missedTimes(cronJob: CronJob, table: Timetable, nowMs: number, withDeadline: boolean): Missed {
  const earliestMs = earliestTime(cronJob, nowMs, withDeadline)
  const next = (ms: number): number | undefined => nextTime(table.schedule, table.zone, ms)
  const first = next(earliestMs)
  const second = first === undefined ? undefined : next(first)
  if (first !== undefined && nowMs < first) return { earliestMs, count: 0 }
  if (first !== undefined && second !== undefined && nowMs < second) {
    return { earliestMs, recentMs: first, count: 0 }
  }
  const intervalMs = (second ?? 0) - (first ?? 0)
  if (first === undefined || intervalMs < 1000) {
    throw new CronError('time difference between two schedules is less than 1 second')
  }
  const count = Math.floor((nowMs - first) / intervalMs) + 1
  // Intervals need not be equal: one is gone back, so that the last ones are seen for certain.
  let recentMs: number | undefined
  for (let ms = next(first + (count - 2) * intervalMs); ms !== undefined && ms <= nowMs; ms = next(ms)) {
    recentMs = ms
  }
  return { earliestMs, count, ...(recentMs !== undefined && { recentMs }) }
}

function earliestTime({ metadata, spec, status }: CronJob, nowMs: number, withDeadline: boolean): number {
  const since = Date.parse(status?.lastScheduleTime ?? metadata?.creationTimestamp ?? '')
  const { startingDeadlineSeconds } = spec ?? {}
  if (!withDeadline || startingDeadlineSeconds === undefined) return since
  return Math.max(since, nowMs - startingDeadlineSeconds * 1000)
}

/** The start that is due; `isLate`: so many were missed that something must be wrong. Throws CronError. */
export function dueStart(
  cronJob: CronJob,
  table: Timetable,
  nowMs: number,
): { readonly atMs: number; readonly isLate: boolean } | undefined {
  const { recentMs, count } = missedTimes(cronJob, table, nowMs, true)
  return recentMs === undefined ? undefined : { atMs: recentMs, isLate: count > MANY }
}

/** In how many milliseconds the next start is. */
export function untilNextStart(cronJob: CronJob, table: Timetable, nowMs: number): number {
  const from = lookFrom(cronJob, table, nowMs)
  const next = nextTime(table.schedule, table.zone, from) ?? nowMs
  return Math.max(0, next + SLACK_MS - nowMs)
}

function lookFrom(cronJob: CronJob, table: Timetable, nowMs: number): number {
  try {
    const { earliestMs, recentMs, count } = missedTimes(cronJob, table, nowMs, false)
    return recentMs ?? (count === 0 ? earliestMs : nowMs)
  } catch (error) {
    if (error instanceof CronError) return nowMs
    throw error
  }
}
