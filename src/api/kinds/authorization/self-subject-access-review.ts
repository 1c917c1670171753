// SelfSubjectAccessReview: asks whether the asker may do something. Never stored.
//
// Upstream: pkg/registry/authorization/selfsubjectaccessreview/rest.go

import { defineKind } from '#api/kinds/kind.ts'
import type { SelfSubjectAccessReview } from '#api/types/authorization.ts'
import type { Draft } from '#api/types/wire.ts'

export const selfSubjectAccessReview = defineKind<Draft<SelfSubjectAccessReview>>({
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectAccessReview',
  resource: 'selfsubjectaccessreviews',
  singular: 'selfsubjectaccessreview',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
