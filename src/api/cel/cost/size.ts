// Sizes and costs that are only known to lie between two bounds.
//
// As in upstream these are 64-bit numbers that stay at the greatest rather than wrap; here that is infinity.
// Upstream: github.com/google/cel-go/checker/cost.go (SizeEstimate, CostEstimate)

export interface Range {
  readonly min: number
  readonly max: number
}

export const fixed = (value: number): Range => ({ min: value, max: value })
export const UNKNOWN: Range = { min: 0, max: Number.POSITIVE_INFINITY }
export const NOTHING = fixed(0)

/** Nothing times anything is nothing, also where one of the two is without bound. */
const product = (a: number, b: number): number => (a === 0 || b === 0 ? 0 : a * b)

export const sum = (...ranges: readonly Range[]): Range => ({
  min: ranges.reduce((total, { min }) => total + min, 0),
  max: ranges.reduce((total, { max }) => total + max, 0),
})

export const times = (a: Range, b: Range): Range => ({
  min: product(a.min, b.min),
  max: product(a.max, b.max),
})

export const timesFactor = ({ min, max }: Range, factor: number): Range => ({
  min: Math.ceil(product(min, factor)),
  max: Math.ceil(product(max, factor)),
})

export const union = (a: Range, b: Range): Range => ({
  min: Math.min(a.min, b.min),
  max: Math.max(a.max, b.max),
})
