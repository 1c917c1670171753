// SubjectAccessReview: asks whether somebody may do something. Never stored.
//
// Upstream: pkg/registry/authorization/subjectaccessreview/rest.go

import { defineKind } from '#api/kinds/kind.ts'
import type { SubjectAccessReview } from '#api/types/authorization.ts'
import type { Draft } from '#api/types/wire.ts'

export const subjectAccessReview = defineKind<Draft<SubjectAccessReview>>({
  group: 'authorization.k8s.io',
  kind: 'SubjectAccessReview',
  resource: 'subjectaccessreviews',
  singular: 'subjectaccessreview',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
