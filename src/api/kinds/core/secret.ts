// Secret: small confidential data, base64 on the wire.
//
// Upstream: pkg/registry/core/secret/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { Secret } from '#api/types/core.ts'
import type { Draft } from '#api/types/wire.ts'

export const secret = defineKind<Draft<Secret>>({
  group: '',
  kind: 'Secret',
  resource: 'secrets',
  singular: 'secret',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
})
