// Whether an event is well formed. The core group asks little of it, events.k8s.io much more.
//
// Both see the stored form, that of the core group. Upstream: pkg/apis/core/validation/events.go

import { internalForm } from '#api/kinds/internal-form.ts'
import { metadataUpdate, namespacedMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, Path, required } from '#api/meta/field-error.ts'
import { isDNS1123Subdomain } from '#api/meta/names.ts'
import { each, type FieldErrors, immutable, qualifiedName } from '#api/meta/validation.ts'
import type { Event } from '#api/types/core.ts'

const SHORT_LENGTH = 128
const NOTE_LENGTH = 1024
const NAMESPACE = new Path('involvedObject.namespace')

/** As the core group asks. `reporterField` is what that field is called in the version of the request. */
export function* validateEvent(event: Event, reporterField = 'reportingComponent'): FieldErrors {
  const namespace = event.metadata?.namespace ?? ''
  if (event.eventTime) yield* validateNewStyle(event, namespace, reporterField)
  else {
    const involved = event.involvedObject?.namespace ?? ''
    const isRight = involved === '' ? namespace === '' || namespace === 'default' : involved === namespace
    if (!isRight) yield invalid(NAMESPACE, involved, 'does not match event.namespace')
  }
  yield* each(new Path('namespace'), namespace, isDNS1123Subdomain(namespace))
}

/** Who tells the time of an event must tell the rest as well. */
function* validateNewStyle(event: Event, namespace: string, reporterField: string): FieldErrors {
  const involved = event.involvedObject?.namespace ?? ''
  if (involved === '' && namespace !== 'default' && namespace !== 'kube-system') {
    yield invalid(NAMESPACE, involved, 'does not match event.namespace')
  }
  const reporter = event.reportingComponent ?? ''
  if (reporter === '') yield required(new Path(reporterField))
  yield* qualifiedName(new Path(reporterField), reporter)
  for (const name of ['reportingInstance', 'action', 'reason'] as const) {
    const value = event[name] ?? ''
    if (value === '') yield required(new Path(name))
    yield* atMost(new Path(name), value, SHORT_LENGTH)
  }
  yield* atMost(new Path('message'), event.message ?? '', NOTE_LENGTH)
}

function* atMost(path: Path, value: string, length: number): FieldErrors {
  if (Buffer.byteLength(value) > length) yield invalid(path, '', `can have at most ${length} characters`)
}

/** As events.k8s.io asks: nothing of the old form may be used. */
export function* validateStrictly(event: Event): FieldErrors {
  yield* validateEvent(event, 'reportingController')
  yield* namespacedMetadata(event)
  yield* validateSeries(event)
  if (!event.eventTime) yield required(new Path('eventTime'))
  if (event.type !== 'Normal' && event.type !== 'Warning') {
    yield invalid(new Path('type'), '', `has invalid value: ${event.type ?? ''}`)
  }
  const isUsed = {
    firstTimestamp: Boolean(event.firstTimestamp),
    lastTimestamp: Boolean(event.lastTimestamp),
    count: Boolean(event.count),
    source: Boolean(event.source?.component || event.source?.host),
  }
  for (const [name, used] of Object.entries(isUsed)) {
    if (used) yield invalid(new Path(name), '', 'needs to be unset')
  }
}

function* validateSeries({ series }: Event): FieldErrors {
  if (!series) return
  if ((series.count ?? 0) < 2) yield invalid(new Path('series.count'), '', 'should be at least 2')
  if (!series.lastObservedTime) yield required(new Path('series.lastObservedTime'))
}

/** All but the series is settled when an event is made. `reason` is looked at twice, as upstream does. */
const SETTLED = [
  'involvedObject',
  'reason',
  'message',
  'source',
  'firstTimestamp',
  'lastTimestamp',
  'count',
  'reason',
  'type',
  'eventTime',
  'action',
  'related',
  'reportingComponent',
  'reportingInstance',
] as const

export function* validateStrictUpdate(event: Event, old: Event): FieldErrors {
  yield* validateEvent(event, 'reportingController')
  yield* metadataUpdate(event, old)
  if (!semanticEqual(event.series, old.series)) yield* validateSeries(event)
  for (const name of SETTLED) {
    const path = new Path(name === 'reportingComponent' ? 'reportingController' : name)
    yield* immutable(path, event[name] ?? absent(name), old[name] ?? absent(name), shown(event, name))
  }
}

const absent = (name: (typeof SETTLED)[number]): unknown =>
  name === 'count' ? 0 : name === 'source' || name === 'involvedObject' ? {} : isText(name) ? '' : null

const isText = (name: (typeof SETTLED)[number]): boolean =>
  name !== 'related' && name !== 'eventTime' && name !== 'firstTimestamp' && name !== 'lastTimestamp'

function shown(event: Event, name: (typeof SETTLED)[number]): unknown {
  if (name === 'source') return internalForm('EventSource', event.source ?? {})
  if (name === 'involvedObject' || name === 'related') return internalForm('ObjectReference', event[name])
  return event[name] ?? absent(name)
}
