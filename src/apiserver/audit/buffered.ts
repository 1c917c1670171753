// Mode `batch`: events wait in a bounded buffer and go on in batches, so that no request waits for its audit.
//
// A batch goes when it is full or its time is up; how many go a second is bounded too. What finds the buffer full is
// dropped and counted. On close everything that is in the buffer still goes.
// Upstream: staging/src/k8s.io/apiserver/plugin/pkg/audit/buffered/buffered.go

import type { AuditBackend, OnLost } from '#apiserver/audit/backend.ts'
import type { AuditEvent } from '#apiserver/audit/event.ts'
import type { Clock, Timer } from '#sys/clock.ts'

export interface BatchOptions {
  readonly bufferSize: number
  readonly maxSize: number
  readonly maxWaitMs: number
  /** Batches a second on average, and at once after a pause; absent: as many as come. */
  readonly throttle?: { readonly perSecond: number; readonly burst: number } | undefined
  /** Whether a batch may go before the one before it has arrived: for backends that are far away. */
  readonly isConcurrent: boolean
}

/** So many batches may be on their way; upstream has no such bound, and none on its memory. */
const MAX_ON_THEIR_WAY = 64

export function buffered(
  backend: AuditBackend,
  options: BatchOptions,
  clock: Clock,
  onLost: OnLost,
): AuditBackend {
  const buffer: AuditEvent[] = []
  const onTheirWay = new Set<Promise<unknown>>()
  const tokens = options.throttle && tokenBucket(options.throttle, clock)
  let isClosed = false
  let wait: Timer | undefined
  let sending: Promise<void> | undefined

  /** Sends what is due, all of it when `isFlush`. */
  async function send(isFlush: () => boolean): Promise<void> {
    while (buffer.length > 0 && (isFlush() || buffer.length >= options.maxSize)) {
      await tokens?.take()
      while (onTheirWay.size >= (options.isConcurrent ? MAX_ON_THEIR_WAY : 1)) await Promise.race(onTheirWay)
      const batch = buffer.splice(0, options.maxSize)
      const going: Promise<unknown> = backend.process(batch).finally(() => onTheirWay.delete(going))
      onTheirWay.add(going)
    }
  }

  let isTimeUp = false
  function begin(): void {
    sending ??= send(() => isClosed || isTimeUp).finally(() => {
      sending = undefined
      isTimeUp = false
      if (buffer.length >= options.maxSize || (isClosed && buffer.length > 0)) begin()
      else arm()
    })
  }

  function arm(): void {
    if (wait || buffer.length === 0 || isClosed) return
    wait = clock.after(options.maxWaitMs, () => {
      wait = undefined
      isTimeUp = true
      begin()
    })
  }

  return {
    async process(events) {
      const room = isClosed ? 0 : Math.max(0, options.bufferSize - buffer.length)
      buffer.push(...events.slice(0, room))
      if (events.length > room) {
        const why = isClosed ? 'audit backend shut down' : 'audit buffer queue blocked'
        onLost('buffered', new Error(why), events.length - room)
      }
      if (buffer.length >= options.maxSize) begin()
      else arm()
      return true
    },
    async close() {
      isClosed = true
      wait?.cancel()
      while (buffer.length > 0 || sending) {
        begin()
        await sending
      }
      await Promise.all(onTheirWay)
      await backend.close()
    },
  }
}

function tokenBucket({ perSecond, burst }: { perSecond: number; burst: number }, clock: Clock) {
  let tokens = burst
  let at = clock.monotonic()
  const refill = (): void => {
    const now = clock.monotonic()
    tokens = Math.min(burst, tokens + ((now - at) / 1000) * perSecond)
    at = now
  }
  return {
    async take(): Promise<void> {
      refill()
      if (tokens < 1) {
        await clock.sleep(Math.ceil(((1 - tokens) / perSecond) * 1000))
        refill()
      }
      tokens = Math.max(0, tokens - 1)
    },
  }
}
