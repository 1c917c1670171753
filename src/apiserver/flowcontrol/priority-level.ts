// One priority level while the server runs: its queues, its limits, and what it would like to have.
//
// Upstream: priorityLevelState in staging/src/k8s.io/apiserver/pkg/util/flowcontrol/apf_controller.go

import { type LevelDemand, smoothedDemand } from '#apiserver/flowcontrol/borrowing.ts'
import type { LevelConfiguration } from '#apiserver/flowcontrol/configuration.ts'
import { type Demand, DemandIntegrator } from '#apiserver/flowcontrol/demand-integrator.ts'
import { LevelStats } from '#apiserver/flowcontrol/level-stats.ts'
import type { ConfiguredLimits } from '#apiserver/flowcontrol/limits.ts'
import { QueueSet, type Queuing } from '#apiserver/flowcontrol/queue-set.ts'
import { RetryAfter } from '#apiserver/flowcontrol/retry-after.ts'
import type { Clock } from '#sys/clock.ts'

const NOTHING: Demand = { durationMs: 0, average: 0, deviation: 0, peak: 0 }

export class PriorityLevel {
  readonly stats: LevelStats
  readonly queues: QueueSet
  readonly retryAfter = new RetryAfter()
  configuration: LevelConfiguration
  limits: ConfiguredLimits
  currentLimit: number
  /** No longer configured: takes no new requests, and goes when the last one has. */
  isQuiescing = false
  lastDemand = NOTHING
  smoothed = 0
  target = 0
  readonly #clock: Clock
  readonly #demand: DemandIntegrator

  constructor(configuration: LevelConfiguration, limits: ConfiguredLimits, clock: Clock) {
    const now = clock.monotonic()
    this.#clock = clock
    this.configuration = configuration
    this.limits = limits
    this.stats = new LevelStats(now)
    this.#demand = new DemandIntegrator(now)
    this.queues = new QueueSet({ clock, stats: this.stats, demand: this.#demand })
    this.currentLimit = limits.nominal - Math.floor((limits.nominal - limits.lower) / 2)
  }

  get isExempt(): boolean {
    return this.configuration.spec.type === 'Exempt'
  }

  /** Closes the period: what was wanted in it. */
  takeDemand(): LevelDemand {
    this.lastDemand = this.#demand.take(this.#clock.monotonic())
    this.smoothed = smoothedDemand(this.smoothed, this.lastDemand)
    const peak = Math.round(this.lastDemand.peak)
    return { isExempt: this.isExempt, limits: this.limits, peak, smoothed: this.smoothed }
  }

  /** `serverLimit` only for the ratio of a level that has no seats of its own. */
  setLimit(limit: number, serverLimit: number): void {
    this.currentLimit = limit
    const now = this.#clock.monotonic()
    const denominator = limit > 0 ? limit : Math.max(1, Math.round(serverLimit / 10))
    for (const ratio of [this.stats.executing, this.stats.seats, this.stats.demand])
      ratio.setDenominator(denominator, now)
    this.queues.configure(queuingOf(this.configuration), limit)
  }
}

export function queuingOf({ spec }: LevelConfiguration): Queuing {
  if (spec.type === 'Exempt') return { type: 'exempt' }
  const queuing = spec.limited?.limitResponse?.queuing
  if (!queuing) return { type: 'reject' }
  return { type: 'queue', queues: queuing.queues ?? 64, lengthLimit: queuing.queueLengthLimit ?? 50 }
}
