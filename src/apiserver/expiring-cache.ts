// Answers that may be given again for a while: verdicts of webhooks, identities of tokens.
//
// Bounded: when it is full, what was used longest ago goes. Time is the monotonic clock's, so that a corrected wall
// clock keeps nothing alive. Upstream: staging/src/k8s.io/apimachinery/pkg/util/cache/lruexpirecache.go

import type { Clock } from '#sys/clock.ts'

export interface ExpiringCache<Value> {
  get(key: string): Value | undefined
  /** A life of zero or less remembers nothing. */
  set(key: string, value: Value, ttlMs: number): void
}

export function expiringCache<Value>(maxEntries: number, clock: Clock): ExpiringCache<Value> {
  /** In the order of their last use. */
  const entries = new Map<string, { readonly value: Value; readonly until: number }>()
  return {
    get(key) {
      const entry = entries.get(key)
      if (!entry) return undefined
      entries.delete(key)
      if (entry.until <= clock.monotonic()) return undefined
      entries.set(key, entry)
      return entry.value
    },
    set(key, value, ttlMs) {
      entries.delete(key)
      if (ttlMs <= 0) return
      entries.set(key, { value, until: clock.monotonic() + ttlMs })
      const oldest = entries.keys().next().value
      if (entries.size > maxEntries && oldest !== undefined) entries.delete(oldest)
    },
  }
}
