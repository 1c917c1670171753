// What `kubectl get events` shows.
//
// Upstream: printEvent in pkg/printers/internalversion/printers.go

import { column, field, nameColumn, since, wide } from '#api/kinds/columns.ts'
import type { Column } from '#api/kinds/kind.ts'
import type { Event } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

const described = (name: string): ReturnType<typeof field> => field('core.v1.Event', name)

export const eventColumns: readonly Column<Draft<Event>>[] = [
  column('Last Seen', described('lastTimestamp'), lastSeen),
  column('Type', described('type'), ({ type }) => type ?? ''),
  column('Reason', described('reason'), ({ reason }) => reason ?? ''),
  column('Object', 'The object that this event is about.', objectOf),
  column(
    'Subobject',
    field('core.v1.ObjectReference', 'fieldPath'),
    ({ involvedObject }) => involvedObject?.fieldPath ?? '',
    wide,
  ),
  column(
    'Source',
    'The component reporting this event. Should be a short machine understandable string.',
    sourceOf,
    wide,
  ),
  column('Message', described('message'), ({ message }) => (message ?? '').trim()),
  column('First Seen', described('firstTimestamp'), firstSeen, wide),
  column(
    'Count',
    described('count'),
    ({ series, count }) => (series ? (series.count ?? 0) : count || 1),
    wide,
  ),
  nameColumn(wide),
]

function firstSeen({ firstTimestamp, eventTime }: Event, now: number): string {
  return since(firstTimestamp || eventTime, now)
}

function lastSeen(event: Event, now: number): string {
  if (event.series) return since(event.series.lastObservedTime, now)
  return event.lastTimestamp ? since(event.lastTimestamp, now) : firstSeen(event, now)
}

function objectOf({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase()
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind
}

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || ''
  const instance = source?.host || reportingInstance || ''
  return instance === '' ? component : `${component}, ${instance}`
}
