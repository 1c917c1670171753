// ValidatingAdmissionPolicy: CEL expressions that judge objects at admission.
//
// Upstream: pkg/registry/admissionregistration/validatingadmissionpolicy/strategy.go

import { defineKind } from '#api/kinds/kind.ts'
import type { ValidatingAdmissionPolicy } from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

export const validatingAdmissionPolicy = defineKind<Draft<ValidatingAdmissionPolicy>>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  allowUnconditionalUpdate: false,
  status: {},
})
