// Events for people: what happened to an object, aggregated so that a loop cannot flood the API.
//
// An event that repeats itself raises a count; many that differ only in their message become one "combined"
// event; and an object that goes on all the same is silenced by a token bucket. Writes go through a bounded
// queue, so that telling never delays doing.
// Upstream: client-go/tools/record (EventCorrelator). Left out: the events.k8s.io series form.

import type { KubeObject } from '#api/meta/object.ts'
import { isNotFound } from '#api/meta/status.ts'
import { events } from '#api/resources.ts'
import type { Event } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { type CorrelatedEvent, createEventCorrelator } from '#client/event-correlator.ts'
import { ConnectionError } from '#client/transport.ts'
import { type Clock, formatTime } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface EventRecorder {
  /**
   * Records an event about `object` in its namespace (`default` for cluster-scoped ones). Never rejects and
   * never waits: events are best effort, through a bounded queue. `fieldPath` names a part of the object:
   * `spec.containers{web}`.
   */
  event(
    object: KubeObject,
    type: 'Normal' | 'Warning',
    reason: string,
    message: string,
    fieldPath?: string,
  ): void
  /** Resolves when all that was recorded so far is written or given up. */
  flush(): Promise<void>
}

export interface EventRecorderOptions {
  readonly client: Client
  readonly clock: Clock
  readonly log: Logger
  /** `deployment-controller`, `kubelet`, … */
  readonly component: string
  /** The node's name, for components that run on nodes. */
  readonly host?: string
}

/** What waits to be written beyond this is dropped; upstream's broadcaster holds as many. */
const QUEUE_BOUND = 1000
/** What is told of has consequences (a status, the next step) which are to reach the API server first. */
const CALM_MS = 20
/** As upstream's: two minutes in all. */
const MAX_TRIES = 12
const RETRY_MS = 10_000

export function createEventRecorder(options: EventRecorderOptions): EventRecorder {
  const { client, clock, log, component, host } = options
  const correlate = createEventCorrelator(clock)
  const queue: CorrelatedEvent[] = []
  let writing: Promise<void> | undefined
  /** Who waits for the last events does not wait for calm. */
  let hurry = new AbortController()

  async function writeAll(): Promise<void> {
    await clock.sleep(CALM_MS, hurry.signal).catch(() => undefined)
    for (let next = queue.shift(); next; next = queue.shift()) {
      await deliver(next)
    }
    writing = undefined
  }

  /** A server that cannot be reached is waited for, since it is often what the events are about; a refusal is final. */
  async function deliver(next: CorrelatedEvent): Promise<void> {
    for (let tries = 1; ; tries++) {
      try {
        return await write(client, next)
      } catch (error) {
        if (!(error instanceof ConnectionError) || tries === MAX_TRIES || hurry.signal.aborted) {
          log.debug({ reason: next.event.reason, error: String(error) }, 'event was not written')
          return
        }
      }
      await clock.sleep(RETRY_MS, hurry.signal).catch(() => undefined)
    }
  }

  return {
    event(object, type, reason, message, fieldPath) {
      const now = clock.now()
      const namespace = object.metadata?.namespace ?? 'default'
      const event: Event = {
        apiVersion: 'v1',
        kind: 'Event',
        metadata: { name: eventName(object, now), namespace },
        involvedObject: {
          kind: object.kind ?? '',
          namespace: object.metadata?.namespace ?? '',
          name: object.metadata?.name ?? '',
          uid: object.metadata?.uid ?? '',
          apiVersion: object.apiVersion ?? '',
          resourceVersion: object.metadata?.resourceVersion ?? '',
          ...(fieldPath !== undefined && { fieldPath }),
        },
        reason,
        message,
        source: { component, ...(host !== undefined && { host }) },
        firstTimestamp: formatTime(now),
        lastTimestamp: formatTime(now),
        count: 1,
        type,
        reportingComponent: component,
        reportingInstance: host ?? '',
      }
      const correlated = correlate(event)
      if (!correlated || queue.length >= QUEUE_BOUND) return
      queue.push(correlated)
      writing ??= writeAll()
    },
    async flush() {
      hurry.abort()
      await writing
      hurry = new AbortController()
    },
  }
}

/** `web-1.18a5f0c7d2b3e400`: the object's name and the time in nanoseconds, so that names do not repeat. */
function eventName(object: KubeObject, now: number): string {
  const nanos = BigInt(Math.floor(now)) * 1_000_000n + (process.hrtime.bigint() % 1_000_000n)
  return `${object.metadata?.name ?? ''}.${nanos.toString(16)}`
}

/** A repeated event is patched; one that is gone meanwhile (events live an hour) is written anew. */
async function write(client: Client, { event, isRepeat }: CorrelatedEvent): Promise<void> {
  const resource = client.resource(events)
  if (isRepeat) {
    const { count, message, lastTimestamp } = event
    const name = event.metadata?.name ?? ''
    try {
      await resource.patch(event.metadata?.namespace ?? '', name, 'strategic', {
        count,
        message,
        lastTimestamp,
      })
      return
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
  await resource.create(event)
}
