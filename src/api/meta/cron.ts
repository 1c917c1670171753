// Schedules as crontab writes them: five fields, `@daily` and its like, or `@every 1h30m`.
//
// The errors are those of the library that upstream uses, for they are shown to users.
// Upstream: vendor/github.com/robfig/cron/v3/parser.go, pkg/util/parsers/parsers.go

import { parseGoDuration } from '#api/meta/go-duration.ts'
import { timeZoneProblem } from '#api/meta/time-zone.ts'

interface CronField {
  readonly values: ReadonlySet<number>
  /** `*` stands for "does not matter", which tells the day of the month and of the week from each other. */
  readonly isStar: boolean
}

export type CronSchedule =
  | { readonly kind: 'every'; readonly seconds: number }
  | {
      readonly kind: 'calendar'
      readonly minute: CronField
      readonly hour: CronField
      readonly dayOfMonth: CronField
      readonly month: CronField
      readonly dayOfWeek: CronField
      /** A zone that the text itself names, as `CRON_TZ=…`. */
      readonly timeZone?: string
    }

export class CronError extends Error {}

interface Bounds {
  readonly min: number
  readonly max: number
  readonly names: readonly string[]
}

const MINUTE: Bounds = { min: 0, max: 59, names: [] }
const HOUR: Bounds = { min: 0, max: 23, names: [] }
const DAY_OF_MONTH: Bounds = { min: 1, max: 31, names: [] }
const MONTH: Bounds = {
  min: 1,
  max: 12,
  names: ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'],
}
const DAY_OF_WEEK: Bounds = { min: 0, max: 6, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] }

const DESCRIPTORS: Readonly<Record<string, string>> = {
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
  '@monthly': '0 0 1 * *',
  '@weekly': '0 0 * * 0',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@hourly': '0 * * * *',
}

/** Throws CronError. */
export function parseCron(text: string): CronSchedule {
  if (text === '') throw new CronError('empty spec string')
  const { timeZone, rest } = splitZone(text)
  const schedule = rest.startsWith('@') ? descriptor(rest) : fields(rest)
  return schedule.kind === 'calendar' && timeZone ? { ...schedule, timeZone } : schedule
}

function splitZone(text: string): { timeZone: string; rest: string } {
  if (!/^(CRON_)?TZ=/.test(text)) return { timeZone: '', rest: text }
  const end = text.indexOf(' ')
  if (end < 0) {
    throw new CronError('invalid schedule format: runtime error: slice bounds out of range [:-1]')
  }
  const timeZone = text.slice(text.indexOf('=') + 1, end)
  const problem = timeZoneProblem(timeZone)
  if (problem) throw new CronError(`provided bad location ${timeZone}: ${problem}`)
  return { timeZone, rest: text.slice(end).trim() }
}

const EVERY = '@every '

function descriptor(text: string): CronSchedule {
  const known = DESCRIPTORS[text]
  if (known !== undefined) return fields(known)
  if (!text.startsWith(EVERY)) throw new CronError(`unrecognized descriptor: ${text}`)
  try {
    const ms = parseGoDuration(text.slice(EVERY.length))
    return { kind: 'every', seconds: Math.max(1, Math.trunc(ms / 1000)) }
  } catch (error) {
    throw new CronError(`failed to parse duration ${text}: ${(error as Error).message}`, { cause: error })
  }
}

function fields(text: string): CronSchedule {
  const parts = text.split(/\s+/).filter((part) => part !== '')
  if (parts.length !== 5) {
    throw new CronError(`expected exactly 5 fields, found ${parts.length}: [${parts.join(' ')}]`)
  }
  const [minute, hour, dayOfMonth, month, dayOfWeek] = parts as [string, string, string, string, string]
  return {
    kind: 'calendar',
    minute: parseField(minute, MINUTE),
    hour: parseField(hour, HOUR),
    dayOfMonth: parseField(dayOfMonth, DAY_OF_MONTH),
    month: parseField(month, MONTH),
    dayOfWeek: parseField(dayOfWeek, DAY_OF_WEEK),
  }
}

function parseField(text: string, bounds: Bounds): CronField {
  const values = new Set<number>()
  let isStar = false
  for (const part of text.split(',').filter((range) => range !== '')) {
    const range = parseRange(part, bounds)
    for (let value = range.start; value <= range.end; value += range.step) values.add(value)
    isStar ||= range.isStar
  }
  return { values, isStar }
}

interface Range {
  readonly start: number
  readonly end: number
  readonly step: number
  readonly isStar: boolean
}

/** `*`, `5`, `1-5`, each with `/2` behind it. */
function parseRange(text: string, bounds: Bounds): Range {
  const [span = '', stepText, ...moreSteps] = text.split('/')
  const [low = '', high, ...moreEnds] = span.split('-')
  const isStar = low === '*' || low === '?'
  const start = isStar ? bounds.min : parseNumber(low, bounds)
  if (!isStar && moreEnds.length > 0) throw new CronError(`too many hyphens: ${text}`)
  if (moreSteps.length > 0) throw new CronError(`too many slashes: ${text}`)
  let end = start
  if (isStar) end = bounds.max
  else if (high !== undefined) end = parseNumber(high, bounds)
  const step = stepText === undefined ? 1 : parseInteger(stepText)
  // `5/10` goes on to the greatest value.
  if (stepText !== undefined && high === undefined) end = bounds.max
  if (start < bounds.min) {
    throw new CronError(`beginning of range (${start}) below minimum (${bounds.min}): ${text}`)
  }
  if (end > bounds.max) throw new CronError(`end of range (${end}) above maximum (${bounds.max}): ${text}`)
  if (start > end) {
    throw new CronError(`beginning of range (${start}) beyond end of range (${end}): ${text}`)
  }
  if (step === 0) throw new CronError(`step of range should be a positive number: ${text}`)
  return { start, end, step, isStar: isStar && step === 1 }
}

function parseNumber(text: string, { min, names }: Bounds): number {
  const position = names.indexOf(text.toLowerCase())
  return position < 0 ? parseInteger(text) : position + min
}

function parseInteger(text: string): number {
  const isNumber = /^[+-]?\d+$/.test(text)
  const value = Number(text)
  if (!isNumber || !Number.isSafeInteger(value)) {
    const reason = isNumber ? 'value out of range' : 'invalid syntax'
    throw new CronError(`failed to parse int from ${text}: strconv.Atoi: parsing "${text}": ${reason}`)
  }
  if (value < 0) throw new CronError(`negative number (${value}) not allowed: ${text}`)
  return value
}
