// What a refused client is told to wait: longer while many are refused, shorter again when few are.
//
// Doubled under pressure and lowered by one second at a time, as TCP does with its window.
// Upstream: staging/src/k8s.io/apiserver/pkg/util/flowcontrol/dropped_requests_tracker.go

const MAX_SECONDS = 32
/** Doubled when more than this were refused for each second of waiting. */
const MANY_PER_SECOND = 3

interface Refusals {
  readonly second: number
  count: number
}

export class RetryAfter {
  /** The past seconds in which requests were refused, oldest first; never more than 64. */
  #history: Refusals[] = []
  #current: Refusals = { second: 0, count: 0 }
  #changedAt = 0
  #seconds = 1

  get seconds(): number {
    return this.#seconds
  }

  /** `second` is the wall time in whole seconds. */
  noteRefusal(second: number): void {
    if (this.#current.second === second) {
      this.#current.count++
      return
    }
    this.#history.push(this.#current)
    const oldest = this.#current.second - Math.min(2 * this.#seconds, MAX_SECONDS)
    this.#history = this.#history.filter((past) => past.second >= oldest)
    this.#current = { second, count: 1 }
    this.#adapt(second)
  }

  #adapt(second: number): void {
    const seconds = this.#seconds
    let refused = 0
    for (const past of this.#history) if (second - past.second <= seconds) refused += past.count
    if (second - this.#changedAt >= seconds && refused >= MANY_PER_SECOND * seconds) {
      this.#seconds = Math.min(seconds * 2, MAX_SECONDS)
      this.#changedAt = second
    } else if (refused < seconds && seconds > 1) this.#seconds--
  }
}
