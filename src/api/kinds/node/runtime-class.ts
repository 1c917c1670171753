// RuntimeClass: with which container runtime handler a pod runs.
//
// Upstream: pkg/registry/node/runtimeclass/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { RuntimeClass } from '#api/types/node.ts'
import type { Draft } from '#api/types/wire.ts'

export const runtimeClass = defineKind<Draft<RuntimeClass>>({
  group: 'node.k8s.io',
  kind: 'RuntimeClass',
  resource: 'runtimeclasses',
  singular: 'runtimeclass',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowCreateOnUpdate: true,
  allowUnconditionalUpdate: false,
})
