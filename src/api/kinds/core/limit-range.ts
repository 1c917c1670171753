// LimitRange: bounds and defaults for the resources of each pod, container and claim in a namespace.
//
// Upstream: pkg/registry/core/limitrange/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { LimitRange } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const limitRange = defineKind<Draft<LimitRange>>({
  group: '',
  kind: 'LimitRange',
  resource: 'limitranges',
  singular: 'limitrange',
  shortNames: ['limits'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
})
