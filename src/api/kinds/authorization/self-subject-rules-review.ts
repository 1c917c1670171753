// SelfSubjectRulesReview: asks what the asker may do in a namespace. Never stored.
//
// Upstream: pkg/registry/authorization/selfsubjectrulesreview/rest.go

import { defineKind } from '#api/kinds/kind.ts'
import type { SelfSubjectRulesReview } from '#api/types/authorization.ts'
import type { Draft } from '#api/types/wire.ts'

export const selfSubjectRulesReview = defineKind<Draft<SelfSubjectRulesReview>>({
  group: 'authorization.k8s.io',
  kind: 'SelfSubjectRulesReview',
  resource: 'selfsubjectrulesreviews',
  singular: 'selfsubjectrulesreview',
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  verbs: ['create'],
})
