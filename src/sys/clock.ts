// Time, handed in: the only door to the machine's clocks and timers.
//
// Outside sys/ nobody calls Date.now or setTimeout, so that any component can run under a clock that a
// test moves by hand (fakeClock in sys/fake-clock.ts). Invariant: a timer never keeps the process alive
// by itself unless its owner waits for it.

/** A running timer; `cancel` is idempotent. */
export interface Timer {
  cancel(): void
}

export interface Clock {
  /** Wall time in milliseconds since 1970. */
  now(): number
  /** Monotonic time in milliseconds; only differences mean something. */
  monotonic(): number
  /** Calls `callback` once after `delayMs`. */
  after(delayMs: number, callback: () => void): Timer
  /** Calls `callback` each `periodMs`, first after one period. */
  every(periodMs: number, callback: () => void): Timer
  /** Resolves after `delayMs`; rejects with the signal's reason when `signal` aborts first. */
  sleep(delayMs: number, signal?: AbortSignal): Promise<void>
}

/** The machine's clock. */
export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(delayMs, callback) {
    const handle = setTimeout(callback, delayMs)
    return { cancel: () => clearTimeout(handle) }
  },
  every(periodMs, callback) {
    const handle = setInterval(callback, periodMs)
    return { cancel: () => clearInterval(handle) }
  },
  sleep: (delayMs, signal) => sleepWith(systemClock, delayMs, signal),
}

/** Builds `sleep` out of `after`; shared by every clock. */
export function sleepWith(clock: Pick<Clock, 'after'>, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(abortReason(signal))
    const onAbort = () => {
      timer.cancel()
      reject(abortReason(signal))
    }
    const timer = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort)
      resolve()
    })
    signal?.addEventListener('abort', onAbort, { once: true })
  })
}

function abortReason(signal: AbortSignal | undefined): Error {
  const reason: unknown = signal?.reason
  return reason instanceof Error ? reason : new Error('aborted', { cause: reason })
}

/** RFC 3339 in whole seconds, UTC: the form of `metav1.Time` on the wire (`2026-01-02T03:04:05Z`). */
export function formatTime(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 19)}Z`
}

/** RFC 3339 with microseconds, UTC: the form of `metav1.MicroTime` (`2026-01-02T03:04:05.000000Z`). */
export function formatMicroTime(millis: number): string {
  return `${new Date(millis).toISOString().slice(0, 23)}000Z`
}
