// Binding: assigns a pod to a node. Never stored: creating one writes the pod.
//
// Upstream: pkg/registry/core/pod/storage/storage.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Binding } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const binding = defineKind<Draft<Binding>>({
  group: '',
  kind: 'Binding',
  resource: 'bindings',
  singular: 'binding',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
