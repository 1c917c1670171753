// LocalSubjectAccessReview: asks whether somebody may do something in one namespace. Never stored.
//
// Upstream: pkg/registry/authorization/localsubjectaccessreview/rest.go

import { defineKind } from '#api/kinds/kind.ts'
import type { LocalSubjectAccessReview } from '#api/types/authorization.ts'
import type { Draft } from '#api/types/wire.ts'

export const localSubjectAccessReview = defineKind<Draft<LocalSubjectAccessReview>>({
  group: 'authorization.k8s.io',
  kind: 'LocalSubjectAccessReview',
  resource: 'localsubjectaccessreviews',
  singular: 'localsubjectaccessreview',
  namespaced: true,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
