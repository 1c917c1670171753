// MutatingAdmissionPolicyBinding: where a MutatingAdmissionPolicy applies, with which parameters.
//
// Upstream: pkg/registry/admissionregistration/mutatingadmissionpolicybinding/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { MutatingAdmissionPolicyBinding } from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const mutatingAdmissionPolicyBinding = defineKind<Draft<MutatingAdmissionPolicyBinding>>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
