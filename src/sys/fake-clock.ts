// A clock that stands still until a test moves it.
//
// `advance(ms)` fires due timers in the order of their time, letting promises settle between them, so a
// test of a backoff or a lease takes no real time and has one outcome.

import { type Clock, sleepWith, type Timer } from '#sys/clock.ts'

interface Pending {
  at: number
  order: number
  periodMs: number | undefined
  callback: () => void
}

export interface FakeClock extends Clock {
  /** Moves time forward by `ms`, firing what falls due; resolves when all of it has settled. */
  advance(ms: number): Promise<void>
  /** The number of timers that wait; a test asserts that nothing was left behind. */
  pendingCount(): number
}

/** Makes a clock that starts at `startMs` (default: 2026-01-01T00:00:00Z). */
export function fakeClock(startMs = Date.UTC(2026, 0, 1)): FakeClock {
  let now = startMs
  let order = 0
  const pending = new Set<Pending>()

  function add(delayMs: number, periodMs: number | undefined, callback: () => void): Timer {
    const entry: Pending = { at: now + Math.max(0, delayMs), order: order++, periodMs, callback }
    pending.add(entry)
    return { cancel: () => pending.delete(entry) }
  }

  function next(until: number): Pending | undefined {
    let first: Pending | undefined
    for (const entry of pending) {
      if (entry.at > until) continue
      if (!first || entry.at < first.at || (entry.at === first.at && entry.order < first.order)) first = entry
    }
    return first
  }

  const clock: FakeClock = {
    now: () => now,
    monotonic: () => now - startMs,
    after: (delayMs, callback) => add(delayMs, undefined, callback),
    every: (periodMs, callback) => add(periodMs, periodMs, callback),
    sleep: (delayMs, signal) => sleepWith(clock, delayMs, signal),
    pendingCount: () => pending.size,
    async advance(ms) {
      const until = now + ms
      await settle()
      for (let entry = next(until); entry; entry = next(until)) {
        now = Math.max(now, entry.at)
        if (entry.periodMs === undefined) pending.delete(entry)
        else entry.at += entry.periodMs
        entry.callback()
        await settle()
      }
      now = until
    },
  }
  return clock
}

/** Lets everything that is ready run: two turns of the event loop. */
async function settle(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve))
  await new Promise((resolve) => setImmediate(resolve))
}
