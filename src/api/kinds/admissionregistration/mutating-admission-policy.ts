// MutatingAdmissionPolicy: CEL expressions that change objects at admission.
//
// Upstream: pkg/registry/admissionregistration/mutatingadmissionpolicy/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { MutatingAdmissionPolicy } from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const mutatingAdmissionPolicy = defineKind<Draft<MutatingAdmissionPolicy>>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
})
