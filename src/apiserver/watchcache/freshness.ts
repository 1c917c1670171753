// Those who wait for the cache to come to a revision, each for a limited time.
//
// Upstream: waitUntilFreshAndBlock in staging/src/k8s.io/apiserver/pkg/storage/cacher/watch_cache.go, with its numbers

import { type StatusError, tooManyRequests } from '#api/meta/status.ts'
import { tooLargeResourceVersion } from '#apiserver/registry/resource-version.ts'
import type { Revision } from '#store/store.ts'
import type { Clock, Timer } from '#sys/clock.ts'

const WAIT_MS = 3_000
const RETRY_SECONDS = 1

interface Waiting {
  readonly revision: Revision
  readonly timer: Timer
  settle(error?: Error): void
}

export class Freshness {
  readonly #clock: Clock
  readonly #waiting = new Set<Waiting>()
  #revision: Revision = 0
  #isReady = false
  #isClosed = false
  #isBroken = false
  /** Why the cache is not ready, where that is known. */
  failure: Error | undefined

  constructor(clock: Clock) {
    this.#clock = clock
  }

  get revision(): Revision {
    return this.#revision
  }

  get isReady(): boolean {
    return this.#isReady
  }

  get isBroken(): boolean {
    return this.#isBroken
  }

  /** The state is not to be used any more, until a new one comes. */
  broken(failure: Error): void {
    this.failure = failure
    this.#isReady = false
    this.#isBroken = true
    for (const waiting of [...this.#waiting]) waiting.settle(this.#tooLate(waiting.revision))
  }

  /** Notes how far the cache has come, and wakes those who waited for that. */
  reached(revision: Revision): void {
    this.#revision = revision
    this.#isReady = true
    this.#isBroken = false
    this.failure = undefined
    for (const waiting of [...this.#waiting]) if (waiting.revision <= revision) waiting.settle()
  }

  /** Resolves when the cache is ready and at `revision`. */
  async wait(revision: Revision): Promise<void> {
    if (this.#isClosed) throw stopped()
    if (this.#isBroken) throw this.#tooLate(revision)
    if (this.#isReady && revision <= this.#revision) return
    await new Promise<void>((resolve, reject) => {
      const waiting: Waiting = {
        revision,
        timer: this.#clock.after(WAIT_MS, () => waiting.settle(this.#tooLate(revision))),
        settle: (error) => {
          this.#waiting.delete(waiting)
          waiting.timer.cancel()
          if (error) reject(error)
          else resolve()
        },
      }
      this.#waiting.add(waiting)
    })
  }

  close(): void {
    this.#isClosed = true
    for (const waiting of [...this.#waiting]) waiting.settle(stopped())
  }

  #tooLate(revision: Revision): Error {
    if (this.#isReady) return tooLargeResourceVersion(revision, this.#revision, RETRY_SECONDS)
    const why = this.failure ? `: ${this.failure.message}` : ''
    return tooManyRequests(`storage is (re)initializing${why}`, RETRY_SECONDS)
  }
}

function stopped(): StatusError {
  return tooManyRequests('storage is (re)initializing: the server is stopping', RETRY_SECONDS)
}
