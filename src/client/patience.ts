// What a server asks for that is too busy: come back later, with the time in `Retry-After`.
//
// The server has done nothing yet when it says so, so any request may be sent again. Upstream: withRetry in
// staging/src/k8s.io/client-go/rest/with_retry.go

import type { Clock } from '#sys/clock.ts'

/** So often a request is sent again before its caller hears of it. */
const MAX_RETRIES = 10

export interface Answered {
  readonly code: number
  /** The header as it came. */
  readonly retryAfter?: string | undefined
}

/** Milliseconds that the server asks to wait; undefined when it does not ask for it in whole seconds. */
export function waitOf({ code, retryAfter }: Answered): number | undefined {
  if (code !== 429 && code < 500) return undefined
  return retryAfter !== undefined && /^\d{1,5}$/.test(retryAfter) ? Number(retryAfter) * 1000 : undefined
}

/** Sends until the server answers with something else than a wait, which is given; rejects when `signal` aborts. */
export async function sendPatiently<T extends Answered>(
  clock: Clock,
  signal: AbortSignal | undefined,
  send: () => Promise<T>,
): Promise<T> {
  for (let retries = 0; ; retries++) {
    const answer = await send()
    const waitMs = waitOf(answer)
    if (waitMs === undefined || retries === MAX_RETRIES) return answer
    await clock.sleep(waitMs, signal)
  }
}
