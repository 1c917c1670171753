// Many equal calls, carefully: one first, then twice as many each time, and none after the first failure.
//
// Whatever makes one call fail (a quota, an admission webhook) will most likely make all fail; a thousand
// creations that are refused would only load the API server. Upstream: slowStartBatch in several controllers

export interface BatchResult {
  readonly successes: number
  /** The first failure, if any. */
  readonly error?: unknown
}

/** Calls `call(index)` up to `count` times; `index` counts from 0. */
export async function slowStart(count: number, call: (index: number) => Promise<void>): Promise<BatchResult> {
  let started = 0
  let successes = 0
  for (let size = Math.min(1, count); size > 0; size = Math.min(size * 2, count - started)) {
    const first = started
    const results = await Promise.allSettled(Array.from({ length: size }, (_, i) => call(first + i)))
    started += size
    const failed = results.find((result) => result.status === 'rejected')
    successes += results.filter((result) => result.status === 'fulfilled').length
    if (failed) return { successes, error: failed.reason }
  }
  return { successes }
}
