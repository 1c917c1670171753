// ValidatingAdmissionPolicyBinding: where a ValidatingAdmissionPolicy applies, and what a failure does.
//
// Upstream: pkg/registry/admissionregistration/validatingadmissionpolicybinding/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ValidatingAdmissionPolicyBinding } from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const validatingAdmissionPolicyBinding = defineKind<Draft<ValidatingAdmissionPolicyBinding>>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
