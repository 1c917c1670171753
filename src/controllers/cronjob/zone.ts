// Wall clocks: what a clock on a wall in a time zone shows at an instant, and back. Pure.
//
// Upstream: Go's package time (Location); here the zones are those that JavaScript brings.

export interface WallTime {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 0 is Sunday. */
  readonly weekday: number
  readonly hour: number
  readonly minute: number
}

const HOUR_MS = 3_600_000

export class Zone {
  readonly #format: Intl.DateTimeFormat | undefined

  /** `''` is UTC. Throws RangeError for a zone that does not exist. */
  constructor(name: string) {
    if (name === '' || name === 'UTC') return
    this.#format = new Intl.DateTimeFormat('en-US', {
      timeZone: name,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    })
  }

  wallTime(ms: number): WallTime {
    const date = new Date(ms + this.offsetMs(ms))
    return {
      year: date.getUTCFullYear(),
      month: date.getUTCMonth() + 1,
      day: date.getUTCDate(),
      weekday: date.getUTCDay(),
      hour: date.getUTCHours(),
      minute: date.getUTCMinutes(),
    }
  }

  /** By how much the wall clock is ahead of UTC. */
  offsetMs(ms: number): number {
    if (!this.#format) return 0
    const parts = new Map(this.#format.formatToParts(ms).map(({ type, value }) => [type, Number(value)]))
    const part = (type: Intl.DateTimeFormatPartTypes): number => parts.get(type) ?? 0
    const shown = Date.UTC(
      part('year'),
      part('month') - 1,
      part('day'),
      part('hour'),
      part('minute'),
      part('second'),
    )
    return shown - Math.floor(ms / 1000) * 1000
  }

  /** The first instant of a day; 1 o'clock where midnight is skipped. Months and days may overflow. */
  startOfDay(year: number, month: number, day: number): number {
    const midnight = Date.UTC(year, month - 1, day)
    const guess = midnight - this.offsetMs(midnight - this.offsetMs(midnight))
    // In a gap the guess may still show the day before.
    const wanted = new Date(midnight).getUTCDate()
    return this.wallTime(guess).day === wanted ? guess : guess + HOUR_MS
  }
}
