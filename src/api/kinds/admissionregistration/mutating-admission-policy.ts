// MutatingAdmissionPolicy: changes to requests, written in CEL.
//
// Upstream: pkg/registry/admissionregistration/mutatingadmissionpolicy/strategy.go

import type { CelScope } from '#api/cel/checker/check-types.ts'
import { checkExpression } from '#api/kinds/admissionregistration/expressions.ts'
import { validateMatchConditions } from '#api/kinds/admissionregistration/match-conditions.ts'
import { formatParamKind, validateParamKind } from '#api/kinds/admissionregistration/params.ts'
import { requestScope } from '#api/kinds/admissionregistration/request-scope.ts'
import {
  defaultMatchResources,
  FAILURE_POLICIES,
  onlyMutatingOperations,
  validateMatchResources,
} from '#api/kinds/admissionregistration/rules.ts'
import { judgeVariables } from '#api/kinds/admissionregistration/variables.ts'
import { ageColumn, column, integer, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadata } from '#api/kinds/metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { invalid, notSupported, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, oneOf } from '#api/meta/validation.ts'
import type {
  MutatingAdmissionPolicy,
  MutatingAdmissionPolicySpec,
  Mutation,
} from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const REINVOCATION_POLICIES = ['IfNeeded', 'Never']
/** What an expression of each kind has to make. */
const RESULTS = { applyConfiguration: 'Object', jsonPatch: 'list(JSONPatch)' } as const
const PATCH_TYPES = { ApplyConfiguration: 'applyConfiguration', JSONPatch: 'jsonPatch' } as const

export const mutatingAdmissionPolicy = defineKind<Draft<MutatingAdmissionPolicy>>({
  group: 'admissionregistration.k8s.io',
  kind: 'MutatingAdmissionPolicy',
  resource: 'mutatingadmissionpolicies',
  singular: 'mutatingadmissionpolicy',
  categories: ['api-extensions'],
  namespaced: false,
  versions: ['v1'],
  storageVersion: 'v1',
  hasGeneration: true,
  allowUnconditionalUpdate: false,
  defaults({ spec }) {
    if (!spec) return
    spec.failurePolicy ??= 'Fail'
    defaultMatchResources(spec.matchConstraints)
  },
  validate: (object) => validate(object, undefined),
  validateUpdate: validate,
  columns: [
    nameColumn(),
    column(
      'Mutations',
      'Mutation indicates the number of mutations rules defined in this configuration',
      ({ spec }) => (spec?.mutations ?? []).length,
      integer,
    ),
    column(
      'ParamKind',
      'ParamKind specifies the kind of resources used to parameterize this policy',
      ({ spec }) => formatParamKind(spec?.paramKind),
    ),
    ageColumn(),
  ],
})

function* validate(object: MutatingAdmissionPolicy, old: MutatingAdmissionPolicy | undefined): FieldErrors {
  yield* plainMetadata(object, false)
  const spec: MutatingAdmissionPolicySpec = object.spec ?? {}
  const { failurePolicy, paramKind, matchConstraints, variables, reinvocationPolicy } = spec
  if (failurePolicy === undefined) yield required(SPEC.child('failurePolicy'))
  else yield* oneOf(SPEC.child('failurePolicy'), failurePolicy, FAILURE_POLICIES)
  if (paramKind) yield* validateParamKind(paramKind, SPEC.child('paramKind'))
  const match = SPEC.child('matchConstraints')
  if (matchConstraints) {
    yield* validateMatchResources(matchConstraints, match)
    if ((matchConstraints.resourceRules ?? []).length === 0) yield required(match.child('resourceRules'))
    yield* onlyMutatingOperations(matchConstraints, match)
  } else yield required(match)
  const hasParams = paramKind !== undefined
  if (!isUnchanged(spec, old?.spec)) {
    yield* validateMatchConditions(spec.matchConditions, hasParams, SPEC.child('matchConditions'))
  }
  const { errors, options } = judgeVariables(variables, hasParams, SPEC.child('variables'))
  yield* errors
  // an expression of a mutation can always name `variables`
  yield* validateMutations(spec, requestScope({ ...options, hasPatches: true }))
  const at = SPEC.child('reinvocationPolicy')
  if (!reinvocationPolicy) yield required(at)
  else yield* oneOf(at, reinvocationPolicy, REINVOCATION_POLICIES)
}

const isUnchanged = (
  spec: MutatingAdmissionPolicySpec,
  old: MutatingAdmissionPolicySpec | undefined,
): boolean =>
  old !== undefined &&
  semanticEqual(spec.paramKind, old.paramKind) &&
  semanticEqual(spec.matchConditions, old.matchConditions)

function* validateMutations({ mutations }: MutatingAdmissionPolicySpec, scope: CelScope): FieldErrors {
  const path = SPEC.child('mutations')
  if ((mutations ?? []).length === 0) yield required(path, 'mutations must contain at least one item')
  for (const [i, mutation] of (mutations ?? []).entries()) {
    yield* validateMutation(mutation, scope, path.index(i))
  }
}

function* validateMutation(mutation: Mutation, scope: CelScope, path: Path): FieldErrors {
  const { patchType } = mutation
  if (!patchType) {
    yield required(path.child('patchType'))
    return
  }
  if (!Object.hasOwn(PATCH_TYPES, patchType)) {
    yield notSupported(path.child('patchType'), patchType, Object.keys(PATCH_TYPES))
    return
  }
  const name = PATCH_TYPES[patchType as keyof typeof PATCH_TYPES]
  const other = name === 'jsonPatch' ? 'applyConfiguration' : 'jsonPatch'
  const patch = mutation[name]
  const expression = (patch?.expression ?? '').trim()
  const at = path.child(name, 'expression')
  if (!patch) yield required(path.child(name), `must be specified when patchType is ${patchType}`)
  else if (expression === '') yield required(at)
  else yield* checkExpression(at, expression, { scope, results: [RESULTS[name]] }).errors
  if (mutation[other]) {
    yield invalid(path.child(other), `{${other}}`, `must not be specified when patchType is ${patchType}`)
  }
}
