// How the server's seats are divided among the priority levels by their configured shares. Pure.
//
// Upstream: finishQueueSetReconfigsLocked in staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go

import type { PriorityLevelConfigurationSpec } from '#api/types/flowcontrol.ts'

export interface ConfiguredLimits {
  /** What the level has when nobody lends or borrows. */
  readonly nominal: number
  /** What it keeps however much it lends. */
  readonly lower: number
  /** What it may come to by borrowing. */
  readonly upper: number
  /** No single request takes more seats; undefined without queues. */
  readonly maxSeats: number | undefined
}

/** A wide request would block its whole level, so it may take this part of it at most. */
const MAX_PART_OF_LEVEL = 0.15

const sharesOf = ({ limited, exempt }: PriorityLevelConfigurationSpec): number =>
  limited ? (limited.nominalConcurrencyShares ?? 30) : (exempt?.nominalConcurrencyShares ?? 0)

/** By the level's name. Rounded up, so that their sum may be a little more than `serverLimit`. */
export function configuredLimits(
  levels: ReadonlyMap<string, PriorityLevelConfigurationSpec>,
  serverLimit: number,
): ReadonlyMap<string, ConfiguredLimits> {
  let shareSum = 0
  for (const spec of levels.values()) shareSum += sharesOf(spec)
  const limits = new Map<string, ConfiguredLimits>()
  for (const [name, spec] of levels) {
    const nominal = shareSum > 0 ? Math.ceil((serverLimit * sharesOf(spec)) / shareSum) : 0
    const percent = (value: number) => Math.round((nominal * value) / 100)
    const lendable = percent((spec.limited ?? spec.exempt)?.lendablePercent ?? 0)
    const borrowing = spec.limited?.borrowingLimitPercent
    const handSize = spec.limited?.limitResponse?.queuing?.handSize
    limits.set(name, {
      nominal,
      lower: nominal - lendable,
      upper: nominal + (borrowing === undefined ? serverLimit : percent(borrowing)),
      maxSeats: handSize === undefined ? undefined : maxSeatsOf(nominal, handSize),
    })
  }
  return limits
}

function maxSeatsOf(nominal: number, handSize: number): number {
  return Math.max(1, Math.min(Math.ceil(nominal * MAX_PART_OF_LEVEL), Math.floor(nominal / handSize)))
}
