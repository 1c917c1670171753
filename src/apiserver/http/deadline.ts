// How long a request may take: the server's maximum, or less where the client says so with `?timeout=30s`.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/request_deadline.go

import { GoDurationError, parseGoDuration } from '#api/meta/go-duration.ts'
import { badRequest, timeout } from '#api/meta/status.ts'
import type { Clock } from '#sys/clock.ts'
import { type Abortable, LazyAbort } from '#sys/lazy-abort.ts'

/** Requests that are not long-running are given up after this time. */
const MAX_MS = 60_000

/** The time that a request has; throws 400 for a `timeout` that is no duration. */
export function deadlineMs(query: URLSearchParams): number {
  const text = query.get('timeout')
  if (text === null || text === '') return MAX_MS
  const wanted = parse(text)
  return wanted > 0 ? Math.min(wanted, MAX_MS) : MAX_MS
}

function parse(text: string): number {
  try {
    return parseGoDuration(text)
  } catch (error) {
    if (!(error instanceof GoDurationError)) throw error
    throw badRequest(`invalid timeout specified in the request URL - ${error.message}`)
  }
}

/** Runs `work`, whose signal aborts when its time is over or `outer` does; then rejects with 504. */
export async function withDeadline<T>(
  clock: Clock,
  millis: number,
  outer: Abortable,
  work: (own: Abortable) => Promise<T>,
): Promise<T> {
  const own = new LazyAbort(outer)
  let expire: (error: Error) => void = () => undefined
  const expired = new Promise<never>((_resolve, reject) => {
    expire = reject
  })
  const timer = clock.after(millis, () => {
    const error = timeout('request did not complete within the allotted timeout')
    own.abort(error)
    expire(error)
  })
  try {
    return await Promise.race([work(own), expired])
  } finally {
    timer.cancel()
    own.release()
  }
}
