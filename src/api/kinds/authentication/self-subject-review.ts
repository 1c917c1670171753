// SelfSubjectReview: asks who the asker is. Answered, never stored.
//
// Upstream: pkg/registry/authentication/selfsubjectreview/rest.go

import { defineKind } from '#api/kinds/kind.ts'
import type { SelfSubjectReview } from '#api/types/authentication.ts'
import type { Draft } from '#api/types/wire.ts'

export const selfSubjectReview = defineKind<Draft<SelfSubjectReview>>({
  group: 'authentication.k8s.io',
  kind: 'SelfSubjectReview',
  resource: 'selfsubjectreviews',
  singular: 'selfsubjectreview',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
