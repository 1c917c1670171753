// Leases: keys that are deleted together when nobody has renewed them in time.
//
// Deadlines are wall time and on the disk, so that they hold over a restart. One timer waits for the earliest.
// Upstream: etcd's server/lease/lessor.go

import type { LeaseRecord, LogRecord } from '#store/embedded/backend.ts'
import { LeaseNotFoundError } from '#store/store.ts'
import type { Clock, Timer } from '#sys/clock.ts'

/** A timer cannot wait longer than 24 days; a lease may. */
const MAX_WAIT_MS = 3_600_000
/** When a lease could not be revoked (the disk is full), it is tried again after this. */
const RETRY_MS = 5_000

export class Lessor {
  readonly #clock: Clock
  readonly #onExpired: (id: number) => void
  readonly #leases = new Map<number, LeaseRecord>()
  readonly #keys = new Map<number, Set<string>>()
  /** Which lease a key hangs on. */
  readonly #leaseOf = new Map<string, number>()
  #timer: Timer | undefined
  #isClosed = false

  /** `onExpired` revokes a lease, or postpones it. */
  constructor(clock: Clock, onExpired: (id: number) => void) {
    this.#clock = clock
    this.#onExpired = onExpired
  }

  /** A new lease, not yet known to anybody. */
  make(ttlSeconds: number, id: number): LeaseRecord {
    return { id, ttlSeconds, deadline: this.#clock.now() + ttlSeconds * 1000 }
  }

  has(id: number): boolean {
    return this.#leases.has(id)
  }

  get(id: number): LeaseRecord {
    const lease = this.#leases.get(id)
    if (!lease) throw new LeaseNotFoundError()
    return lease
  }

  put(lease: LeaseRecord): void {
    this.#leases.set(lease.id, lease)
    this.#schedule()
  }

  delete(id: number): void {
    this.#leases.delete(id)
    this.#schedule()
  }

  /** Puts a lease back that could not be revoked. */
  postpone(lease: LeaseRecord): void {
    this.put({ ...lease, deadline: Math.max(lease.deadline, this.#clock.now() + RETRY_MS) })
  }

  /** Notes what a durable write did to its key's lease. */
  track({ key, state }: LogRecord): void {
    const before = this.#leaseOf.get(key)
    const after = state.version === 0 ? 0 : state.lease
    if (before === after) return
    if (before) {
      const keys = this.#keys.get(before)
      keys?.delete(key)
      if (keys?.size === 0) this.#keys.delete(before)
    }
    if (after) {
      this.#leaseOf.set(key, after)
      const keys = this.#keys.get(after)
      if (keys) keys.add(key)
      else this.#keys.set(after, new Set([key]))
    } else this.#leaseOf.delete(key)
  }

  /** The keys whose newest durable state hangs on a lease. */
  keysOf(id: number): Iterable<string> {
    return this.#keys.get(id) ?? []
  }

  close(): void {
    this.#isClosed = true
    this.#timer?.cancel()
  }

  #schedule(): void {
    this.#timer?.cancel()
    this.#timer = undefined
    if (this.#isClosed) return
    let earliest = Number.POSITIVE_INFINITY
    for (const { deadline } of this.#leases.values()) earliest = Math.min(earliest, deadline)
    if (earliest === Number.POSITIVE_INFINITY) return
    const wait = Math.min(MAX_WAIT_MS, Math.max(0, earliest - this.#clock.now()))
    this.#timer = this.#clock.after(wait, () => this.#expire())
  }

  #expire(): void {
    this.#timer = undefined
    const now = this.#clock.now()
    const due = [...this.#leases.values()].filter(({ deadline }) => deadline <= now)
    for (const { id } of due) this.#onExpired(id)
    if (!this.#timer) this.#schedule()
  }
}
