// ComponentStatus: the health of the control plane, as asked for. Computed on read, never stored.
//
// Upstream: pkg/registry/core/componentstatus/rest.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ComponentStatus } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const componentStatus = defineKind<Draft<ComponentStatus>>({
  group: '',
  kind: 'ComponentStatus',
  resource: 'componentstatuses',
  singular: 'componentstatus',
  shortNames: ['cs'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['get', 'list'],
  deprecation: 'v1 ComponentStatus is deprecated in v1.19+',
})
