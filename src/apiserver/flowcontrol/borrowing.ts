// How levels lend each other seats: every ten seconds the limits follow what each level could have used. Pure.
//
// All limited levels get the same fraction of what they asked for, as far as their bounds allow. What exempt requests
// use is taken off first, since nothing bounds those.
// Upstream: updateBorrowingLocked in staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go, conc_alloc.go

import type { Demand } from '#apiserver/flowcontrol/demand-integrator.ts'
import type { ConfiguredLimits } from '#apiserver/flowcontrol/limits.ts'

export interface LevelDemand {
  readonly isExempt: boolean
  readonly limits: ConfiguredLimits
  /** The most seats that were wanted at once in the last period. */
  readonly peak: number
  /** What was wanted, falling slowly after it was high. */
  readonly smoothed: number
}

/** What one period adds to the smoothed demand: half of a peak is forgotten after five minutes. */
const SMOOTHING = 0.977
/** Who asks for nothing still has a share, so that no fraction divides by zero. */
const MIN_TARGET = 0.001

export function smoothedDemand(previous: number, { average, deviation, durationMs }: Demand): number {
  if (durationMs <= 0) return previous
  const envelope = average + deviation
  return Math.max(envelope, SMOOTHING * previous + (1 - SMOOTHING) * envelope)
}

export interface Adjustment {
  /** The limits from now on, in the order of the levels. */
  readonly current: readonly number[]
  /** What each level aimed at. */
  readonly targets: readonly number[]
  /** The fraction of it that all get. */
  readonly fairFraction: number
}

/** `serverSeats` is the sum of the nominal limits. */
export function adjustLimits(levels: readonly LevelDemand[], serverSeats: number): Adjustment {
  const least = levels.map(leastOf)
  const limited = levels.map((_level, index) => index).filter((index) => !levels[index]!.isExempt)
  const sumOf = (value: (index: number) => number) => limited.reduce((sum, index) => sum + value(index), 0)
  const exemptSum = levels.reduce((sum, { isExempt }, index) => (isExempt ? sum + least[index]! : sum), 0)
  const lowerSum = sumOf((index) => levels[index]!.limits.lower)
  const leastSum = sumOf((index) => least[index]!)
  const remaining = serverSeats - exemptSum
  const targets = levels.map(({ smoothed }, index) => Math.max(least[index]!, smoothed))
  const current = [...least]
  if (remaining <= leastSum) {
    // not even what all used at their peak is there: everybody keeps the lower limit and a part of what lies above
    const part = remaining <= lowerSum ? 0 : (remaining - lowerSum) / (leastSum - lowerSum)
    for (const index of limited) {
      const { lower } = levels[index]!.limits
      current[index] = lower + Math.round((least[index]! - lower) * part)
    }
    return { current, targets, fairFraction: 0 }
  }
  const shares = allocateSeats(
    serverSeats,
    limited.map((index) => ({
      lower: least[index]!,
      upper: levels[index]!.limits.upper,
      target: targets[index]!,
    })),
  )
  limited.forEach((index, position) => {
    current[index] = Math.round(shares.seats[position]!)
  })
  return { current, targets, fairFraction: shares.fairFraction }
}

/** Nobody gets less than this: what was used at the peak, but no more than the nominal limit. */
function leastOf({ isExempt, limits, peak }: LevelDemand): number {
  return Math.max(limits.lower, isExempt ? peak : Math.min(limits.nominal, peak))
}

export interface SeatWish {
  readonly lower: number
  readonly upper: number
  readonly target: number
}

/**
 * The fraction of the targets which, cut to the bounds, adds up to `sum`; and the seats that it gives to each. Where
 * the bounds cannot add up to `sum`, everybody is at the bound that is nearest.
 */
export function allocateSeats(
  sum: number,
  wishes: readonly SeatWish[],
): { readonly seats: readonly number[]; readonly fairFraction: number } {
  const targets = wishes.map(({ target }) => Math.max(target, MIN_TARGET))
  const seatsAt = (fraction: number): number[] =>
    wishes.map(({ lower, upper }, index) => Math.max(lower, Math.min(upper, fraction * targets[index]!)))
  const total = (fraction: number): number => seatsAt(fraction).reduce((all, seats) => all + seats, 0)
  // between two neighbours of these the sum grows evenly
  const bends = wishes.flatMap(({ lower, upper }, index) => [
    lower / targets[index]!,
    upper / targets[index]!,
  ])
  bends.sort((a, b) => a - b)
  let before = bends[0] ?? 0
  for (const bend of bends) {
    const reached = total(bend)
    if (reached >= sum) {
      const from = total(before)
      const fairFraction =
        reached > from ? before + ((sum - from) / (reached - from)) * (bend - before) : bend
      return { seats: seatsAt(Math.max(fairFraction, bends[0]!)), fairFraction }
    }
    before = bend
  }
  return { seats: seatsAt(before), fairFraction: before }
}
