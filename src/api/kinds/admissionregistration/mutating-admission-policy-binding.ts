// MutatingAdmissionPolicyBinding: puts a policy into force, for some resources, with some parameters.
//
// Upstream: pkg/registry/admissionregistration/mutatingadmissionpolicybinding/strategy.go

import {
  formatParamRef,
  validateParamRef,
  validatePolicyName,
} from '#api/kinds/admissionregistration/params.ts'
import {
  defaultMatchResources,
  onlyMutatingOperations,
  validateMatchResources,
} from '#api/kinds/admissionregistration/rules.ts'
import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadata } from '#api/kinds/metadata.ts'
import { Path } from '#api/meta/field-error.ts'
import type { FieldErrors } from '#api/meta/validation.ts'
import type {
  MutatingAdmissionPolicyBinding,
  MutatingAdmissionPolicyBindingSpec,
} from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')

export const mutatingAdmissionPolicyBinding = defineKind<Draft<MutatingAdmissionPolicyBinding>>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicyBinding',
  resource: 'mutatingadmissionpolicybindings',
  singular: 'mutatingadmissionpolicybinding',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults: ({ spec }) => defaultMatchResources(spec?.matchResources),
  validate,
  validateUpdate: validate,
  columns: [
    nameColumn(),
    column(
      'PolicyName',
      'PolicyName indicates the policy definition which the policy binding binded to',
      ({ spec }) => spec?.policyName ?? '',
    ),
    column(
      'ParamRef',
      'ParamRef indicates the param resource which sets the configuration param',
      ({ spec }) => formatParamRef(spec?.paramRef),
    ),
    ageColumn(),
  ],
})

function* validate(object: MutatingAdmissionPolicyBinding): FieldErrors {
  yield* plainMetadata(object, false)
  const spec: MutatingAdmissionPolicyBindingSpec = object.spec ?? {}
  yield* validatePolicyName(spec.policyName, SPEC.child('policyName'))
  yield* validateParamRef(spec.paramRef, SPEC.child('paramRef'))
  const match = SPEC.child('matchResources')
  if (spec.matchResources) yield* validateMatchResources(spec.matchResources, match)
  yield* onlyMutatingOperations(spec.matchResources, match)
}
