// Event: the same stored events as in the core group, under the names of their newer form.
//
// Upstream: pkg/registry/core/event/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Event } from '#api/types/events.ts'
import type { Draft } from '#api/types/wire.ts'

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
  allowCreateOnUpdate: true,
})
