// Event: what happened to an object, told by a component. Vanishes by itself after an hour.
//
// Upstream: pkg/registry/core/event/strategy.go

import { eventColumns } from '#api/kinds/core/event/columns.ts'
import { validateEvent } from '#api/kinds/core/event/validate.ts'
import { defineKind } from '#api/kinds/kind.ts'
import type { Event } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const EVENT_TTL_SECONDS = 3600

export const eventFields: Readonly<Record<string, (event: Draft<Event>) => string>> = {
  'involvedObject.kind': ({ involvedObject }) => involvedObject?.kind ?? '',
  'involvedObject.namespace': ({ involvedObject }) => involvedObject?.namespace ?? '',
  'involvedObject.name': ({ involvedObject }) => involvedObject?.name ?? '',
  'involvedObject.uid': ({ involvedObject }) => involvedObject?.uid ?? '',
  'involvedObject.apiVersion': ({ involvedObject }) => involvedObject?.apiVersion ?? '',
  'involvedObject.resourceVersion': ({ involvedObject }) => involvedObject?.resourceVersion ?? '',
  'involvedObject.fieldPath': ({ involvedObject }) => involvedObject?.fieldPath ?? '',
  reason: ({ reason }) => reason ?? '',
  reportingComponent: ({ reportingComponent }) => reportingComponent ?? '',
  source: ({ source, reportingComponent }) => source?.component || reportingComponent || '',
  type: ({ type }) => type ?? '',
}

export const event = defineKind<Draft<Event>>({
  group: '',
  kind: 'Event',
  resource: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  ttlSeconds: EVENT_TTL_SECONDS,
  allowCreateOnUpdate: true,
  validate: (object) => validateEvent(object),
  validateUpdate: (object) => validateEvent(object),
  selectableFields: eventFields,
  columns: eventColumns,
})
