// Two cheap histograms for what is measured with every request: of values, and of values over time.
//
// Plain numbers in arrays; they become Prometheus' text only when somebody asks (metrics.ts).
// Upstream: staging/src/k8s.io/component-base/metrics/timing_histogram.go

export interface HistogramData {
  /** Upper bounds, ascending; the last bucket of `counts` has none. */
  readonly bounds: readonly number[]
  readonly counts: readonly number[]
  readonly sum: number
}

export class Histogram implements HistogramData {
  readonly bounds: readonly number[]
  readonly counts: number[]
  sum = 0

  constructor(bounds: readonly number[]) {
    this.bounds = bounds
    this.counts = new Array<number>(bounds.length + 1).fill(0)
  }

  observe(value: number, weight = 1): void {
    let bucket = 0
    while (bucket < this.bounds.length && value > this.bounds[bucket]!) bucket++
    this.counts[bucket] = this.counts[bucket]! + weight
    this.sum += value * weight
  }
}

const NANOS_PER_MS = 1e6

/** Observes a ratio at the end of every nanosecond, as upstream says of it. */
export class RatioOverTime {
  readonly histogram: Histogram
  #numerator = 0
  #denominator = 1
  #at: number

  constructor(bounds: readonly number[], now: number) {
    this.histogram = new Histogram(bounds)
    this.#at = now
  }

  set(numerator: number, now: number): void {
    this.advance(now)
    this.#numerator = numerator
  }

  setDenominator(denominator: number, now: number): void {
    this.advance(now)
    this.#denominator = denominator
  }

  /** Counts the time until now; to be called before the histogram is read. */
  advance(now: number): void {
    if (now > this.#at)
      this.histogram.observe(this.#numerator / this.#denominator, (now - this.#at) * NANOS_PER_MS)
    this.#at = now
  }
}
