// A histogram of values over time, for what is measured with every request.
//
// Plain numbers in arrays; they become Prometheus' text only when somebody asks (metrics.ts).
// Upstream: staging/src/k8s.io/component-base/metrics/timing_histogram.go

import { Histogram } from '#sys/series.ts'

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
