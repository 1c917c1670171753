// Namespace: a room for names. Deleted in two steps: its content first, then itself (finalize).
//
// Upstream: pkg/registry/core/namespace/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Namespace } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const namespace = defineKind<Draft<Namespace>>({
  group: '',
  kind: 'Namespace',
  resource: 'namespaces',
  singular: 'namespace',
  shortNames: ['ns'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  status: {},
  storedSubresources: { finalize: {} },
})
