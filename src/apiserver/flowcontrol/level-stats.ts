// What is counted of a priority level and of each schema that leads to it; read by metrics.ts.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/metrics/metrics.go

import { RatioOverTime } from '#apiserver/flowcontrol/histograms.ts'
import { Histogram } from '#sys/series.ts'

const QUEUE_LENGTHS = [0, 10, 25, 50, 100, 250, 500, 1000]
const SECONDS = [0, 0.005, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30]
const SEATS = [1, 2, 4, 8, 16, 32, 64, 100]
const WATCHES = [0, 1, 10, 100, 1000, 10_000]
const REQUEST_RATIOS = [0, 0.001, 0.003, 0.01, 0.03, 0.1, 0.25, 0.5, 0.75, 1]
const SEAT_RATIOS = [0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99, 1]
const DEMAND_RATIOS = [0.2, 0.4, 0.6, 0.8, 1, 1.2, 1.4, 1.7, 2, 2.8, 4, 6]

export type RejectReason = 'concurrency-limit' | 'queue-full' | 'time-out'

/** The counts of one schema's requests in one level. */
export class SchemaStats {
  waiting = 0
  waitingSeats = 0
  executing = 0
  executingSeats = 0
  dispatched = 0
  notAccommodated = 0
  readonly rejected: Record<RejectReason, number> = {
    'concurrency-limit': 0,
    'queue-full': 0,
    'time-out': 0,
  }
  readonly queueLength = new Histogram(QUEUE_LENGTHS)
  readonly waitBeforeExecution = new Histogram(SECONDS)
  readonly waitBeforeRefusal = new Histogram(SECONDS)
  readonly execution = new Histogram(SECONDS)
  readonly watchInitialization = new Histogram(SECONDS)
  readonly estimatedSeats = new Histogram(SEATS)
  readonly watches = new Histogram(WATCHES)
}

export class LevelStats {
  readonly waiting: RatioOverTime
  readonly executing: RatioOverTime
  readonly seats: RatioOverTime
  readonly demand: RatioOverTime
  readonly #schemas = new Map<string, SchemaStats>()

  constructor(now: number) {
    this.waiting = new RatioOverTime(REQUEST_RATIOS, now)
    this.executing = new RatioOverTime(REQUEST_RATIOS, now)
    this.seats = new RatioOverTime(SEAT_RATIOS, now)
    this.demand = new RatioOverTime(DEMAND_RATIOS, now)
  }

  get schemas(): ReadonlyMap<string, SchemaStats> {
    return this.#schemas
  }

  schema(name: string): SchemaStats {
    const known = this.#schemas.get(name)
    if (known) return known
    const stats = new SchemaStats()
    this.#schemas.set(name, stats)
    return stats
  }
}
