// Event: the same stored events as in the core group, under the names of their newer form.
//
// Upstream: pkg/registry/core/event/strategy.go, pkg/apis/events/v1/conversion.go

import { eventColumns } from '#api/kinds/core/event/columns.ts'
import { validateStrictly, validateStrictUpdate } from '#api/kinds/core/event/validate.ts'
import { EVENT_TTL_SECONDS, eventFields } from '#api/kinds/core/event.ts'
import { defineKind } from '#api/kinds/kind.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type { Event } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

/** [name here, name in the core group, what the latter is when absent, what the former is when absent]. */
const RENAMED = [
  ['regarding', 'involvedObject', {}, {}],
  ['note', 'message', undefined, undefined],
  ['reportingController', 'reportingComponent', '', undefined],
  ['reportingInstance', 'reportingInstance', '', undefined],
  ['deprecatedSource', 'source', {}, {}],
  ['deprecatedFirstTimestamp', 'firstTimestamp', null, null],
  ['deprecatedLastTimestamp', 'lastTimestamp', null, null],
  ['deprecatedCount', 'count', undefined, undefined],
] as const

export const event = defineKind<Draft<Event>>({
  group: 'events.k8s.io',
  kind: 'Event',
  resource: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  storageGroup: '',
  ttlSeconds: EVENT_TTL_SECONDS,
  allowCreateOnUpdate: true,
  convert: (object, _from, to) => (to === 'v1' ? toCore(object) : fromCore(object)),
  validate: validateStrictly,
  validateUpdate: validateStrictUpdate,
  selectableFields: fieldsByNewName(),
  columns: eventColumns,
})

function toCore(object: JsonObject): JsonObject {
  const out: JsonObject = { ...object }
  for (const [name] of RENAMED) delete out[name]
  for (const [name, coreName, whenAbsent] of RENAMED) {
    const value = object[name] ?? whenAbsent
    if (value !== undefined) out[coreName] = value
  }
  return out
}

function fromCore(object: JsonObject): JsonObject {
  const out: JsonObject = { ...object }
  for (const [, coreName] of RENAMED) delete out[coreName]
  for (const [name, coreName, , whenAbsent] of RENAMED) {
    const value = object[coreName] || whenAbsent
    if (value !== undefined) out[name] = value
  }
  return out
}

function fieldsByNewName(): Record<string, (event: Draft<Event>) => string> {
  const fields: Record<string, (event: Draft<Event>) => string> = {}
  for (const [name, get] of Object.entries(eventFields)) {
    if (name === 'source') continue
    fields[
      name.replace('involvedObject.', 'regarding.').replace('reportingComponent', 'reportingController')
    ] = get
  }
  return fields
}
