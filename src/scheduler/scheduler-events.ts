// The scheduler's events, in the newer form: an exact time, an action, and a series for what repeats itself.
//
// A repeated event is written twice: as itself and as a series; what follows only counts here, because a pod
// that cannot be placed would otherwise write with each try. Upstream: client-go/tools/events

import type { KubeObject } from '#api/meta/object.ts'
import { events } from '#api/resources.ts'
import type { Event, Pod } from '#api/types/core.ts'
import type { Client } from '#client/client.ts'
import { type Clock, formatMicroTime } from '#sys/clock.ts'
import type { Logger } from '#sys/log.ts'

export interface SchedulerEvents {
  /** Best effort: never waits, never rejects. */
  record(pod: Pod, type: 'Normal' | 'Warning', reason: string, action: string, message: string): void
}

const SERIES_ENDS_AFTER_MS = 360_000
const MEMORY = 1024
const MESSAGE_BOUND = 1024

interface Series {
  readonly event: Event
  count: number
  lastAt: number
}

export function createSchedulerEvents(
  client: Client,
  clock: Clock,
  log: Logger,
  component: string,
  instance: string,
): SchedulerEvents {
  const known = new Map<string, Series>()

  async function write(series: Series): Promise<void> {
    const resource = client.resource(events)
    const { metadata } = series.event
    try {
      if (series.count === 1) await resource.create(series.event)
      else {
        const patch = { series: { count: series.count, lastObservedTime: formatMicroTime(series.lastAt) } }
        await resource.patch(metadata?.namespace ?? '', metadata?.name ?? '', 'strategic', patch)
      }
    } catch (error) {
      log.debug({ reason: series.event.reason, error: String(error) }, 'event was not written')
    }
  }

  return {
    record(pod, type, reason, action, message) {
      const now = clock.now()
      const text = message.slice(0, MESSAGE_BOUND)
      const key = [pod.metadata?.uid, type, reason, action, text].join('\n')
      const earlier = known.get(key)
      const isFresh = earlier !== undefined && now - earlier.lastAt < SERIES_ENDS_AFTER_MS
      const series = isFresh ? earlier : { event: newEvent(pod, now), count: 0, lastAt: now }
      series.count++
      series.lastAt = now
      known.delete(key)
      known.set(key, series)
      if (known.size > MEMORY) known.delete(known.keys().next().value ?? '')
      if (series.count <= 2) void write(series)

      function newEvent(about: KubeObject, at: number): Event {
        const { name = '', namespace = '', uid = '', resourceVersion = '' } = about.metadata ?? {}
        return {
          apiVersion: 'v1',
          kind: 'Event',
          metadata: { name: `${name}.${(BigInt(Math.floor(at)) * 1_000_000n).toString(16)}`, namespace },
          involvedObject: { apiVersion: 'v1', kind: 'Pod', name, namespace, uid, resourceVersion },
          type,
          reason,
          action,
          message: text,
          eventTime: formatMicroTime(at),
          reportingComponent: component,
          reportingInstance: instance,
        }
      }
    },
  }
}
