// Pod: containers that live and die together on one node.
//
// Upstream: pkg/registry/core/pod/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Pod } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const pod = defineKind<Draft<Pod>>({
  group: '',
  kind: 'Pod',
  resource: 'pods',
  singular: 'pod',
  shortNames: ['po'],
  categories: ['all'],
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  status: {},
  storedSubresources: { ephemeralcontainers: {}, resize: {} },
})
