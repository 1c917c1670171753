// Quantities: `100m`, `1.5Gi`, `12e6`. Parsed exactly, written in the canonical form that Go gives back.
//
// A quantity is mantissa × 10^scale and never a float. Invariant: scale >= -9; what is smaller is rounded up
// (away from zero), and a positive wish never becomes zero.
// Upstream: staging/src/k8s.io/apimachinery/pkg/api/resource/{quantity,amount,suffix}.go

export type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent'

export interface Quantity {
  readonly mantissa: bigint
  readonly scale: number
  readonly format: QuantityFormat
  /** How it was written, where Go keeps that: canonical already, by its quick test. */
  readonly text?: string
}

export class QuantityError extends Error {}

const WRONG_FORMAT =
  "quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTP]*[-+]?[0-9]*)$'"
const WRONG_NUMBER = 'unable to parse numeric part of quantity'
const WRONG_SUFFIX = "unable to parse quantity's suffix"

const DECIMAL_SUFFIXES: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
}
const BINARY_SUFFIXES: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 }
const DECIMAL_BY_EXPONENT = new Map(
  Object.entries(DECIMAL_SUFFIXES).map(([suffix, exponent]) => [exponent, suffix]),
)
const BINARY_BY_EXPONENT = new Map(
  Object.entries(BINARY_SUFFIXES).map(([suffix, exponent]) => [exponent, suffix]),
)

const MAX_INT64 = 2n ** 63n - 1n
const NANO = -9
/** Digits that surely fit an int64: Go's bound for its quick way. */
const QUICK_DIGITS = 18
/** An exponent beyond this has no use but to fill memory; Go would compute it. */
const MAX_EXPONENT = 10_000

/** Sign, digits before and after the point, suffix. `+` and a lone sign are legal, as they are in Go. */
const PARTS = /^([+-]?)(0*)(\d*)(?:\.(\d*))?([eEinumkKMGTP]*[-+]?\d*)$/

/** Parses; throws QuantityError with Go's text. */
export function parseQuantity(text: string): Quantity {
  if (text === '') throw new QuantityError(WRONG_FORMAT)
  const parts = PARTS.exec(text)
  if (!parts) throw new QuantityError(WRONG_FORMAT)
  const [, sign = '', , digits = '', fraction = '', suffix = ''] = parts
  const whole = digits === '' ? '0' : digits
  const { base, exponent, format } = interpretSuffix(suffix)
  const negative = sign === '-'
  return (
    quickQuantity(text, negative, whole, fraction, base, exponent, format) ??
    exactQuantity(
      text.slice(0, text.length - suffix.length),
      negative,
      whole,
      fraction,
      base,
      exponent,
      format,
    )
  )
}

function interpretSuffix(suffix: string): { base: 2 | 10; exponent: number; format: QuantityFormat } {
  const decimal = DECIMAL_SUFFIXES[suffix]
  if (decimal !== undefined) return { base: 10, exponent: decimal, format: 'DecimalSI' }
  const binary = BINARY_SUFFIXES[suffix]
  if (binary !== undefined) return { base: 2, exponent: binary, format: 'BinarySI' }
  const power = /^[eE]([+-]?\d+)$/.exec(suffix)
  const exponent = power ? Number(power[1]) : Number.NaN
  if (Number.isNaN(exponent) || Math.abs(exponent) > MAX_EXPONENT) throw new QuantityError(WRONG_SUFFIX)
  return { base: 10, exponent, format: 'DecimalExponent' }
}

/** Go's way for numbers that fit an int64; it keeps the text where that looks canonical. */
function quickQuantity(
  text: string,
  negative: boolean,
  whole: string,
  fraction: string,
  base: 2 | 10,
  exponent: number,
  format: QuantityFormat,
): Quantity | undefined {
  const isBinary = base === 2
  if (isBinary && fraction !== '') return undefined
  const room = isBinary
    ? 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1
    : QUICK_DIGITS - whole.length - fraction.length
  const scale = (isBinary ? 0 : exponent) - fraction.length
  if (room < 0 || scale < NANO) return undefined
  const digits = whole + fraction
  const value = BigInt(digits)
  const magnitude = isBinary ? value << BigInt(exponent) : value
  if (magnitude > MAX_INT64) return undefined
  const mantissa = negative ? -magnitude : magnitude
  const looksCanonical = isBinary
    ? (value & 7n) !== 0n
    : scale % 3 === 0 && !digits.endsWith('000') && !digits.startsWith('0')
  return { mantissa, scale, format, ...(looksCanonical && { text }) }
}

function exactQuantity(
  number: string,
  negative: boolean,
  whole: string,
  fraction: string,
  base: 2 | 10,
  exponent: number,
  format: QuantityFormat,
): Quantity {
  if (!/\d/.test(number)) throw new QuantityError(WRONG_NUMBER)
  let magnitude = BigInt(whole + fraction)
  let scale = -fraction.length
  if (base === 10) scale += exponent
  else magnitude <<= BigInt(exponent)
  if (scale < NANO) {
    magnitude = divideUp(magnitude, 10n ** BigInt(NANO - scale))
    scale = NANO
  }
  let finalFormat = format
  if (format === 'BinarySI') {
    if (atScale(magnitude, scale, NANO) > atScale(MAX_INT64, 0, NANO)) {
      magnitude = MAX_INT64
      scale = 0
    }
    if (magnitude > 0n && atScale(magnitude, scale, NANO) < 10n ** 9n) finalFormat = 'DecimalSI'
  }
  return { mantissa: negative ? -magnitude : magnitude, scale, format: finalFormat }
}

/** The canonical form: no fraction, the greatest suffix that loses nothing. */
export function formatQuantity(quantity: Quantity): string {
  if (quantity.text !== undefined) return quantity.text
  const { mantissa, scale } = quantity
  if (mantissa === 0n) return '0'
  if (quantity.format === 'BinarySI') {
    const [value, isExact] = roundedUp(mantissa, scale)
    const isSmall =
      compareQuantities(quantity, whole(-1024)) > 0 && compareQuantities(quantity, whole(1024)) < 0
    if (!isSmall && isExact) return formatBinary(value)
    return formatDecimal(mantissa, scale, 'DecimalSI')
  }
  return formatDecimal(mantissa, scale, quantity.format)
}

function formatDecimal(mantissa: bigint, scale: number, format: QuantityFormat): string {
  let value = mantissa
  let exponent = scale
  while (value % 10n === 0n) {
    value /= 10n
    exponent++
  }
  while (exponent % 3 !== 0) {
    value *= 10n
    exponent--
  }
  if (format === 'DecimalExponent') return exponent === 0 ? `${value}` : `${value}e${exponent}`
  return `${value}${DECIMAL_BY_EXPONENT.get(exponent) ?? ''}`
}

function formatBinary(mantissa: bigint): string {
  let value = mantissa < 0n ? -mantissa : mantissa
  let exponent = 0
  while (value >= 1024n && value % 1024n === 0n) {
    value /= 1024n
    exponent += 10
  }
  return `${mantissa < 0n ? '-' : ''}${value}${BINARY_BY_EXPONENT.get(exponent) ?? ''}`
}

/** What Go writes after having read `value`: a string, or a number as JSON has it. */
export function canonicalQuantity(value: string | number): string {
  const text = typeof value === 'number' ? String(value) : value
  const plain = PLAIN.exec(text)
  if (plain) {
    // No greater suffix fits: this is what nearly all quantities look like.
    const factor = plain[2] === undefined || plain[2] === 'm' ? 1000 : 1024
    if (Number(plain[1]) % factor !== 0) return text
  }
  return formatQuantity(parseQuantity(text.trim()))
}

const PLAIN = /^([1-9]\d{0,5})(m|[KMGT]i)?$/

const whole = (value: number): Quantity => ({ mantissa: BigInt(value), scale: 0, format: 'DecimalSI' })

/** Negative, zero or positive, as a sort wants it. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  const scale = Math.min(a.scale, b.scale)
  const difference = atScale(a.mantissa, a.scale, scale) - atScale(b.mantissa, b.scale, scale)
  return difference === 0n ? 0 : difference > 0n ? 1 : -1
}

/** The sum, in the format of the first unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  const scale = Math.min(a.scale, b.scale)
  const mantissa = atScale(a.mantissa, a.scale, scale) + atScale(b.mantissa, b.scale, scale)
  return { mantissa, scale, format: a.mantissa === 0n ? b.format : a.format }
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return addQuantities(a, { mantissa: -b.mantissa, scale: b.scale, format: b.format })
}

/** The quantity `value` thousandths: how CPU is counted. */
export function quantityOfMillis(value: number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { mantissa: BigInt(value), scale: -3, format }
}

/** A whole quantity: bytes (`BinarySI`), counts. */
export function quantityOf(value: number, format: QuantityFormat = 'DecimalSI'): Quantity {
  return { mantissa: BigInt(value), scale: 0, format }
}

/** In thousandths, rounded up: `100m` → 100. */
export function toMillis(quantity: Quantity | string): number {
  const { mantissa, scale } = parsed(quantity)
  return Number(roundedUp(mantissa, scale + 3)[0])
}

/** In whole units, rounded up: `1Ki` → 1024, `100m` → 1. */
export function toValue(quantity: Quantity | string): number {
  const { mantissa, scale } = parsed(quantity)
  return Number(roundedUp(mantissa, scale)[0])
}

const parsed = (quantity: Quantity | string): Quantity =>
  typeof quantity === 'string' ? parseQuantity(quantity) : quantity

/** mantissa × 10^scale as an integer, away from zero, and whether nothing was lost. */
function roundedUp(mantissa: bigint, scale: number): [value: bigint, isExact: boolean] {
  if (scale >= 0) return [mantissa * 10n ** BigInt(scale), true]
  const divisor = 10n ** BigInt(-scale)
  const magnitude = divideUp(mantissa < 0n ? -mantissa : mantissa, divisor)
  return [mantissa < 0n ? -magnitude : magnitude, mantissa % divisor === 0n]
}

const divideUp = (value: bigint, divisor: bigint): bigint => (value + divisor - 1n) / divisor

/** The mantissa at a scale that is not greater than its own. */
const atScale = (mantissa: bigint, scale: number, wanted: number): bigint =>
  mantissa * 10n ** BigInt(scale - wanted)
