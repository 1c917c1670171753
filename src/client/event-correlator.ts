// Decides whether an event is new, a repeat of an earlier one, one of too many like it, or too much.
//
// Pure but for the clock and its bounded memory of what was seen.
// Upstream: client-go/tools/record/events_cache.go (with its numbers)

import type { Event } from '#api/types/core.ts'
import type { Clock } from '#sys/clock.ts'

export interface CorrelatedEvent {
  readonly event: Event
  /** The event exists already under this name: raise its count. */
  readonly isRepeat: boolean
}

/** Of events that differ only in their message, within the interval, the tenth and those after it become one. */
const AGGREGATE_AFTER = 10
const AGGREGATE_INTERVAL_MS = 600_000
/** One object may have so many events at once from one source, then one each five minutes. */
const BURST = 25
const REFILL_MS = 300_000
/** Each of the three memories forgets the least recently used beyond this. */
const MEMORY = 4096

interface Aggregate {
  readonly messages: Set<string>
  lastAt: number
}

interface Bucket {
  tokens: number
  at: number
}

/** Gives a function that correlates one event; undefined means that it is not to be written. */
export function createEventCorrelator(clock: Clock): (event: Event) => CorrelatedEvent | undefined {
  const aggregates = new Map<string, Aggregate>()
  const buckets = new Map<string, Bucket>()
  const seen = new Map<string, Event>()

  function aggregated(event: Event): Event {
    const key = similarityKey(event)
    const known = aggregates.get(key)
    const isFresh = known !== undefined && clock.now() - known.lastAt <= AGGREGATE_INTERVAL_MS
    const aggregate = isFresh ? known : { messages: new Set<string>(), lastAt: 0 }
    aggregate.lastAt = clock.now()
    aggregate.messages.add(event.message ?? '')
    remember(aggregates, key, aggregate)
    if (aggregate.messages.size < AGGREGATE_AFTER) return event
    // It must not grow; one message is forgotten, upstream's any one.
    const [oldest = ''] = aggregate.messages
    aggregate.messages.delete(oldest)
    return { ...event, message: `(combined from similar events): ${event.message ?? ''}` }
  }

  function hasToken(event: Event): boolean {
    const key = JSON.stringify([event.source, event.involvedObject])
    const known = buckets.get(key) ?? { tokens: BURST, at: clock.now() }
    const tokens = Math.min(BURST, known.tokens + (clock.now() - known.at) / REFILL_MS)
    const isAllowed = tokens >= 1
    remember(buckets, key, { tokens: isAllowed ? tokens - 1 : tokens, at: clock.now() })
    return isAllowed
  }

  return (event) => {
    const candidate = aggregated(event)
    const isCombined = candidate !== event
    const key = isCombined ? similarityKey(event) : `${similarityKey(event)}${event.message ?? ''}`
    const earlier = seen.get(key)
    const result: Event = earlier
      ? {
          ...candidate,
          metadata: earlier.metadata,
          ...(earlier.firstTimestamp !== undefined && { firstTimestamp: earlier.firstTimestamp }),
          count: (earlier.count ?? 1) + 1,
        }
      : candidate
    remember(seen, key, result)
    if (!hasToken(event)) return undefined
    return { event: result, isRepeat: earlier !== undefined }
  }
}

/** Events that share this differ at most in their message. */
function similarityKey(event: Event): string {
  const { involvedObject: about, source } = event
  return JSON.stringify([
    source,
    about.kind,
    about.namespace,
    about.name,
    about.uid,
    about.apiVersion,
    about.fieldPath,
    event.type,
    event.reason,
    event.reportingComponent,
    event.reportingInstance,
  ])
}

function remember<V>(memory: Map<string, V>, key: string, value: V): void {
  memory.delete(key)
  memory.set(key, value)
  if (memory.size <= MEMORY) return
  const oldest = memory.keys().next()
  if (!oldest.done) memory.delete(oldest.value)
}
