// Times on the wire: RFC 3339 in UTC, whole seconds (`metav1.Time`) or microseconds (`metav1.MicroTime`).
//
// What Go makes of a text is what it gives back: other zones become UTC, fractions are cut. Refusals use the
// words of Go's time.Parse. Upstream: staging/src/k8s.io/apimachinery/pkg/apis/meta/v1/{time,micro_time}.go

export class TimeError extends Error {}

export type TimePrecision = 'seconds' | 'microseconds'

const LAYOUTS: Readonly<Record<TimePrecision, string>> = {
  seconds: '2006-01-02T15:04:05Z07:00',
  microseconds: '2006-01-02T15:04:05.000000Z07:00',
}

const PLAIN = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)Z$/
const PLAIN_MICRO = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)\.\d{6}Z$/

/** The text that Go writes for the text that it read; undefined for the zero time, which it writes as null. */
export function normalizeTime(text: string, precision: TimePrecision = 'seconds'): string | undefined {
  const plain = (precision === 'seconds' ? PLAIN : PLAIN_MICRO).exec(text)
  if (plain && isInRange(plain) && !text.startsWith('0001-01-01T00:00:00')) return text
  const { seconds, micros } = parseTime(text, precision)
  if (seconds === ZERO_SECONDS && micros === 0) return undefined
  const whole = new Date(seconds * 1000).toISOString().slice(0, 19)
  return precision === 'seconds' ? `${whole}Z` : `${whole}.${String(micros).padStart(6, '0')}Z`
}

/** Milliseconds since 1970 of a time on the wire. */
export function timeMs(text: string): number {
  return Date.parse(text)
}

/** The time on the wire of milliseconds since 1970. */
export function formatTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 19)}Z`
}

/** The same with microseconds, which leases and events have. */
export function formatMicroTime(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 23)}000Z`
}

const ZERO_SECONDS = Date.UTC(2000, 0, 1) / 1000 - 63_082_281_600

function isInRange(parts: RegExpExecArray): boolean {
  const [, year = '', month = '', day = '', hour = '', minute = '', second = ''] = parts
  return (
    month >= '01' &&
    month <= '12' &&
    day >= '01' &&
    (day <= '28' || Number(day) <= daysIn(Number(year), Number(month))) &&
    hour <= '23' &&
    minute <= '59' &&
    second <= '59'
  )
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year < 100 ? year + 400 : year, month, 0)).getUTCDate()
}

/** The elements of the layout: what stands there, how errors call it, and its bound when it is a number. */
const ELEMENTS: readonly (readonly [pattern: RegExp, name: string, limit?: { max: number; what: string }])[] =
  [
    [/^\d{4}/, '2006', { max: 9999, what: 'year' }],
    [/^-/, '-'],
    [/^\d\d/, '01', { max: 12, what: 'month' }],
    [/^-/, '-'],
    [/^\d\d/, '02', { max: 99, what: 'day' }],
    [/^T/, 'T'],
    [/^\d\d?/, '15', { max: 23, what: 'hour' }],
    [/^:/, ':'],
    [/^\d\d/, '04', { max: 59, what: 'minute' }],
    [/^:/, ':'],
    [/^\d\d/, '05', { max: 59, what: 'second' }],
  ]

function parseTime(text: string, precision: TimePrecision): { seconds: number; micros: number } {
  const quoted = JSON.stringify(text)
  const fail = (rest: string, element: string): TimeError =>
    new TimeError(
      `parsing time ${quoted} as "${LAYOUTS[precision]}": cannot parse ${JSON.stringify(rest)} as "${element}"`,
    )
  const outOfRange = (what: string): TimeError =>
    new TimeError(`parsing time ${quoted}: ${what} out of range`)
  const { numbers, rest } = parseClock(text, fail, outOfRange)
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = numbers
  const fraction = (precision === 'seconds' ? /^[.,](\d+)/ : /^[.,](\d{6})/).exec(rest)
  if (precision === 'microseconds' && !fraction) throw fail(rest, '.000000')
  const zoneText = rest.slice(fraction?.[0].length ?? 0)
  const zone = /^(?:Z|([+-])(\d\d):(\d\d))/.exec(zoneText)
  if (!zone) throw fail(zoneText, 'Z07:00')
  if (Number(zone[2] ?? 0) > 24) throw outOfRange('time zone offset hour')
  if (Number(zone[3] ?? 0) > 60) throw outOfRange('time zone offset minute')
  const extra = zoneText.slice(zone[0].length)
  if (extra !== '') throw new TimeError(`parsing time ${quoted}: extra text: ${JSON.stringify(extra)}`)
  if (day < 1 || day > daysIn(year, month)) throw outOfRange('day')
  const date = new Date(0)
  date.setUTCFullYear(year, month - 1, day)
  const offset = zone[1] ? (Number(zone[2]) * 60 + Number(zone[3])) * (zone[1] === '-' ? -60 : 60) : 0
  const seconds = date.getTime() / 1000 + hour * 3600 + minute * 60 + second - offset
  return { seconds, micros: Number((fraction?.[1] ?? '').padEnd(6, '0').slice(0, 6)) }
}

/** Year to second, and what follows; each is checked when it is read, but for the day. */
function parseClock(
  text: string,
  fail: (rest: string, element: string) => TimeError,
  outOfRange: (what: string) => TimeError,
): { numbers: readonly number[]; rest: string } {
  let rest = text
  const numbers: number[] = []
  for (const [pattern, name, limit] of ELEMENTS) {
    const found = pattern.exec(rest)
    if (!found) throw fail(rest, name)
    rest = rest.slice(found[0].length)
    if (limit === undefined) continue
    const value = Number(found[0])
    if (value > limit.max || (name === '01' && value < 1)) throw outOfRange(limit.what)
    numbers.push(value)
  }
  return { numbers, rest }
}
