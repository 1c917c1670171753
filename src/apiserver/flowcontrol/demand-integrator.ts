// How many seats a level could have used since the last look: mean, deviation and peak over time.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/fairqueuing/integrator.go

export interface Demand {
  readonly durationMs: number
  readonly average: number
  readonly deviation: number
  readonly peak: number
}

export class DemandIntegrator {
  #value = 0
  #peak = 0
  #at: number
  #start: number
  /** Integrals of the value and of its square over time. */
  #sum = 0
  #squares = 0

  /** Times are monotonic milliseconds. */
  constructor(now: number) {
    this.#at = now
    this.#start = now
  }

  set(value: number, now: number): void {
    this.#advance(now)
    this.#value = value
    if (value > this.#peak) this.#peak = value
  }

  /** What was since the last call; begins anew. */
  take(now: number): Demand {
    this.#advance(now)
    const durationMs = now - this.#start
    const average = durationMs > 0 ? this.#sum / durationMs : 0
    const variance = durationMs > 0 ? this.#squares / durationMs - average * average : 0
    const demand = { durationMs, average, deviation: Math.sqrt(Math.max(0, variance)), peak: this.#peak }
    this.#start = now
    this.#sum = 0
    this.#squares = 0
    this.#peak = this.#value
    return demand
  }

  #advance(now: number): void {
    const elapsed = now - this.#at
    this.#at = now
    this.#sum += this.#value * elapsed
    this.#squares += this.#value * this.#value * elapsed
  }
}
