// What an autoscaler has recommended and done lately: so that a dip does not take away what is needed again at once,
// and no policy is exceeded within its period.
//
// Upstream: pkg/controller/podautoscaler/horizontal.go (timestampedRecommendation, timestampedScaleEvent)

interface Entry {
  readonly atMs: number
  readonly value: number
}

/** Longer than any window or period that the API takes: an hour. */
const KEPT_MS = 3_600_000
const MAX_ENTRIES = 1000

/** Of one autoscaler. */
export class ScalingHistory {
  #recommendations: readonly Entry[] = []
  #changes: readonly Entry[] = []

  recommend(replicas: number, nowMs: number): void {
    this.#recommendations = kept(this.#recommendations, { atMs: nowMs, value: replicas })
  }

  /** The recommendations of the last `windowMs`. */
  recommendations(windowMs: number, nowMs: number): readonly number[] {
    return within(this.#recommendations, windowMs, nowMs)
  }

  /** `change` is negative for fewer. */
  scaled(change: number, nowMs: number): void {
    this.#changes = kept(this.#changes, { atMs: nowMs, value: change })
  }

  /** By how many there have become more in the last `periodMs`. */
  changeIn(periodMs: number, nowMs: number): number {
    return within(this.#changes, periodMs, nowMs).reduce((sum, change) => sum + change, 0)
  }
}

const within = (entries: readonly Entry[], windowMs: number, nowMs: number): readonly number[] =>
  entries.filter(({ atMs }) => atMs > nowMs - windowMs).map(({ value }) => value)

const kept = (entries: readonly Entry[], next: Entry): readonly Entry[] =>
  [...entries.filter(({ atMs }) => atMs > next.atMs - KEPT_MS), next].slice(-MAX_ENTRIES)
