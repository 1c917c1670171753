// How long a request may take: the server's maximum, or less where the client says so with `?timeout=30s`.
//
// Upstream: staging/src/k8s.io/apiserver/pkg/endpoints/filters/request_deadline.go

import { badRequest, timeout } from '#api/meta/status.ts'
import type { Clock } from '#sys/clock.ts'

/** Requests that are not long-running are given up after this time. */
const MAX_MS = 60_000

const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
}

/** A duration as Go writes it (`1m30s`) in milliseconds; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  if (text === '0') return 0
  if (!/^[+-]?(?:\d+(?:\.\d*)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return undefined
  let millis = 0
  for (const [, amount = '', unit = ''] of text.matchAll(/(\d+(?:\.\d*)?)(ns|us|µs|ms|s|m|h)/g)) {
    millis += Number(amount) * (UNIT_MS[unit] ?? 0)
  }
  return text.startsWith('-') ? -millis : millis
}

/** The time that a request has; throws 400 for a `timeout` that is no duration. */
export function deadlineMs(query: URLSearchParams): number {
  const text = query.get('timeout')
  if (text === null || text === '') return MAX_MS
  const wanted = parseDuration(text)
  if (wanted === undefined) throw badRequest('invalid timeout specified in the request URL')
  return wanted > 0 ? Math.min(wanted, MAX_MS) : MAX_MS
}

/** Runs `work` with a signal that aborts when its time is over or `outer` does; then rejects with 504. */
export async function withDeadline<T>(
  clock: Clock,
  millis: number,
  outer: AbortSignal,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController()
  const onAbort = () => controller.abort(outer.reason)
  if (outer.aborted) onAbort()
  else outer.addEventListener('abort', onAbort, { once: true })
  let expire: (error: Error) => void = () => undefined
  const expired = new Promise<never>((_resolve, reject) => {
    expire = reject
  })
  const timer = clock.after(millis, () => {
    const error = timeout('request did not complete within the allotted timeout')
    controller.abort(error)
    expire(error)
  })
  try {
    return await Promise.race([work(controller.signal), expired])
  } finally {
    timer.cancel()
    outer.removeEventListener('abort', onAbort)
  }
}
