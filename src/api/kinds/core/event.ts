// Event: what happened to an object, told by a component. Vanishes by itself after an hour.
//
// Upstream: pkg/registry/core/event/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Event } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const event = defineKind<Draft<Event>>({
  group: '',
  kind: 'Event',
  resource: 'events',
  singular: 'event',
  shortNames: ['ev'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
})
