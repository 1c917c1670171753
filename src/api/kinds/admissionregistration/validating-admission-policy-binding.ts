// ValidatingAdmissionPolicyBinding: puts a policy into force, for some resources, with some parameters.
//
// Upstream: pkg/registry/admissionregistration/validatingadmissionpolicybinding/strategy.go

import {
  formatParamRef,
  validateParamRef,
  validatePolicyName,
} from '#api/kinds/admissionregistration/params.ts'
import { defaultMatchResources, validateMatchResources } from '#api/kinds/admissionregistration/rules.ts'
import { ageColumn, column, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadata } from '#api/kinds/metadata.ts'
import { duplicate, invalid, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type {
  ValidatingAdmissionPolicyBinding,
  ValidatingAdmissionPolicyBindingSpec,
} from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const ACTIONS = ['Audit', 'Deny', 'Warn']
export const validatingAdmissionPolicyBinding = defineKind<Draft<ValidatingAdmissionPolicyBinding>>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingAdmissionPolicyBinding',
  resource: 'validatingadmissionpolicybindings',
  singular: 'validatingadmissionpolicybinding',
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

function* validate(object: ValidatingAdmissionPolicyBinding): FieldErrors {
  yield* plainMetadata(object, false)
  const spec: ValidatingAdmissionPolicyBindingSpec = object.spec ?? {}
  yield* validatePolicyName(spec.policyName, SPEC.child('policyName'))
  yield* validateParamRef(spec.paramRef, SPEC.child('paramRef'))
  const match = SPEC.child('matchResources')
  if (spec.matchResources) yield* validateMatchResources(spec.matchResources, match)
  yield* validateActions(spec.validationActions ?? [], SPEC.child('validationActions'))
}

function* validateActions(actions: readonly string[], path: Path): FieldErrors {
  for (const [i, action] of actions.entries()) {
    yield* oneOf(path.index(i), action, ACTIONS)
    if (actions.indexOf(action) < i) yield duplicate(path.index(i), action)
  }
  if (actions.includes('Deny') && actions.includes('Warn')) {
    const text =
      'must not contain both Deny and Warn (repeating the same validation failure information in the API response and headers serves no purpose)'
    yield invalid(path, actions, text)
  }
  if (actions.length === 0) yield required(path, 'at least one validation action is required')
}
