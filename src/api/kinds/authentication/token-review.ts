// TokenReview: asks whose token this is. Answered, never stored.
//
// Upstream: pkg/registry/authentication/tokenreview/storage.go

import { defineKind } from '#api/kinds/kind.ts'
import type { TokenReview } from '#api/types/authentication.ts'
import type { Draft } from '#api/types/wire.ts'

export const tokenReview = defineKind<Draft<TokenReview>>({
  group: 'authentication.k8s.io',
  kind: 'TokenReview',
  resource: 'tokenreviews',
  singular: 'tokenreview',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
