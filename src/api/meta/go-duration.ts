// Durations as Go writes them (`1h30m`, `1.5s`), with Go's words for what is none.
//
// Upstream: ParseDuration in Go's package time

import { goQuote } from '#api/meta/field-error.ts'

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

export class GoDurationError extends Error {}

/** The duration in milliseconds. Throws GoDurationError. */
export function parseGoDuration(text: string): number {
  const invalid = (): GoDurationError => new GoDurationError(`time: invalid duration ${goQuote(text)}`)
  const isNegative = text.startsWith('-')
  let rest = /^[+-]/.test(text) ? text.slice(1) : text
  if (rest === '0') return 0
  if (rest === '') throw invalid()
  let ms = 0
  while (rest !== '') {
    const [amount] = /^\d*\.?\d*/.exec(rest)!
    if (!/\d/.test(amount)) throw invalid()
    rest = rest.slice(amount.length)
    const [unit] = /^[^.\d]*/.exec(rest)!
    if (unit === '') throw new GoDurationError(`time: missing unit in duration ${goQuote(text)}`)
    if (!Object.hasOwn(UNIT_MS, unit)) {
      throw new GoDurationError(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`)
    }
    rest = rest.slice(unit.length)
    ms += Number(amount) * UNIT_MS[unit]!
  }
  return isNegative ? -ms : ms
}
