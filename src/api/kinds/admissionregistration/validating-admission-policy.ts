// ValidatingAdmissionPolicy: rules in CEL that requests must meet.
//
// Upstream: pkg/registry/admissionregistration/validatingadmissionpolicy/strategy.go

import { checkExpression } from '#api/kinds/admissionregistration/expressions.ts'
import { validateMatchConditions } from '#api/kinds/admissionregistration/match-conditions.ts'
import { formatParamKind, validateParamKind } from '#api/kinds/admissionregistration/params.ts'
import { type RequestScopeOptions, requestScope } from '#api/kinds/admissionregistration/request-scope.ts'
import {
  defaultMatchResources,
  FAILURE_POLICIES,
  validateMatchResources,
} from '#api/kinds/admissionregistration/rules.ts'
import { judgeVariables } from '#api/kinds/admissionregistration/variables.ts'
import { ageColumn, column, integer, nameColumn } from '#api/kinds/columns.ts'
import { defineKind } from '#api/kinds/kind.ts'
import { plainMetadata } from '#api/kinds/metadata.ts'
import { keepField, keepMetadata } from '#api/kinds/status-metadata.ts'
import { semanticEqual } from '#api/meta/equality.ts'
import { duplicate, invalid, Path, required } from '#api/meta/field-error.ts'
import { type FieldErrors, oneOf, qualifiedName } from '#api/meta/validation.ts'
import { validateConditions } from '#api/meta/validation-conditions.ts'
import type {
  AuditAnnotation,
  ValidatingAdmissionPolicy,
  ValidatingAdmissionPolicySpec,
  Validation,
} from '#api/types/admissionregistration.ts'
import type { Draft } from '#api/types/wire.ts'

const SPEC = new Path('spec')
const STATUS = new Path('status')
const REASONS = ['Forbidden', 'Invalid', 'RequestEntityTooLarge']
const MAX_ANNOTATIONS = 20
const MAX_EXPRESSION_BYTES = 5 * 1024

export const validatingAdmissionPolicy = defineKind<Draft<ValidatingAdmissionPolicy>>({
  group: 'admissionregistration.k8s.io',
  kind: 'ValidatingAdmissionPolicy',
  resource: 'validatingadmissionpolicies',
  singular: 'validatingadmissionpolicy',
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
  prepareForCreate(draft) {
    draft.status = {}
  },
  prepareForUpdate: (draft, old) => keepField(draft, old, 'status'),
  validate: (object) => validate(object, undefined),
  validateUpdate: validate,
  status: {
    prepareForUpdate(draft, old) {
      keepField(draft, old, 'spec')
      keepMetadata(draft, old)
    },
    validateUpdate: validateStatus,
  },
  columns: [
    nameColumn(),
    column(
      'Validations',
      'Validations indicates the number of validation rules defined in this configuration',
      ({ spec }) => (spec?.validations ?? []).length,
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

function* validate(
  object: ValidatingAdmissionPolicy,
  old: ValidatingAdmissionPolicy | undefined,
): FieldErrors {
  yield* plainMetadata(object, false)
  const spec: ValidatingAdmissionPolicySpec = object.spec ?? {}
  const { failurePolicy, paramKind, matchConstraints, variables } = spec
  if (failurePolicy === undefined) yield required(SPEC.child('failurePolicy'))
  else yield* oneOf(SPEC.child('failurePolicy'), failurePolicy, FAILURE_POLICIES)
  if (paramKind) yield* validateParamKind(paramKind, SPEC.child('paramKind'))
  const match = SPEC.child('matchConstraints')
  if (matchConstraints) {
    yield* validateMatchResources(matchConstraints, match)
    if ((matchConstraints.resourceRules ?? []).length === 0) yield required(match.child('resourceRules'))
  } else yield required(match)
  const hasParams = paramKind !== undefined
  if (!isUnchanged(spec, old?.spec)) {
    yield* validateMatchConditions(spec.matchConditions, hasParams, SPEC.child('matchConditions'))
  }
  const { errors, options } = judgeVariables(variables, hasParams, SPEC.child('variables'))
  yield* errors
  // a policy without variables has no name for them either
  const scope = variables?.length ? options : { hasParams, hasAuthorizer: true }
  yield* validateRules(object.metadata?.name ?? '', spec, scope)
}

const isUnchanged = (
  spec: ValidatingAdmissionPolicySpec,
  old: ValidatingAdmissionPolicySpec | undefined,
): boolean =>
  old !== undefined &&
  semanticEqual(spec.paramKind, old.paramKind) &&
  semanticEqual(spec.matchConditions, old.matchConditions)

function* validateRules(
  name: string,
  spec: ValidatingAdmissionPolicySpec,
  options: RequestScopeOptions,
): FieldErrors {
  const validations = spec.validations ?? []
  const annotations = spec.auditAnnotations ?? []
  if (validations.length === 0 && annotations.length === 0) {
    const text = 'validations or auditAnnotations must contain at least one item'
    yield required(SPEC.child('validations'), text)
    yield required(SPEC.child('auditAnnotations'), text)
    return
  }
  for (const [i, item] of validations.entries()) {
    yield* validateValidation(item, options, SPEC.child('validations').index(i))
  }
  const path = SPEC.child('auditAnnotations')
  if (annotations.length > MAX_ANNOTATIONS) {
    yield invalid(path, annotations, `must not have more than ${MAX_ANNOTATIONS} auditAnnotations`)
  }
  const keys = annotations.map(({ key }) => key)
  for (const [i, annotation] of annotations.entries()) {
    yield* validateAnnotation(name, annotation, options, path.index(i))
    if (keys.indexOf(annotation.key) < i) yield duplicate(path.index(i).child('key'), annotation.key)
  }
}

function* validateValidation(item: Validation, options: RequestScopeOptions, path: Path): FieldErrors {
  const { expression = '', message = '', messageExpression = '', reason } = item
  const scope = requestScope(options)
  if (expression.trim() === '') yield required(path.child('expression'), 'expression is not specified')
  else yield* checkExpression(path.child('expression'), expression, { scope, results: ['bool'] }).errors
  const saidAt = path.child('messageExpression')
  if (messageExpression !== '' && messageExpression.trim() === '') {
    yield invalid(saidAt, messageExpression, 'must be non-empty if specified')
  } else if (messageExpression !== '') {
    const rules = { scope: requestScope({ ...options, hasAuthorizer: false }), results: ['string'] }
    yield* checkExpression(saidAt, messageExpression, rules).errors
  }
  const at = path.child('message')
  if (message !== '' && message.trim() === '') yield invalid(at, message, 'must be non-empty if specified')
  else if (/[\n\r]/.test(message.trim())) yield invalid(at, message, 'must not contain line breaks')
  if (reason !== undefined) yield* oneOf(path.child('reason'), reason, REASONS)
}

function* validateAnnotation(
  name: string,
  { key = '', valueExpression = '' }: AuditAnnotation,
  options: RequestScopeOptions,
  path: Path,
): FieldErrors {
  if (name === '') yield invalid(path.child('key'), key, 'requires metadata.name be non-empty')
  else yield* qualifiedName(path.child('key'), `${name}/${key}`)
  const at = path.child('valueExpression')
  const expression = valueExpression.trim()
  if (expression === '') yield required(at, 'valueExpression is not specified')
  else if (Buffer.byteLength(expression) > MAX_EXPRESSION_BYTES) {
    yield required(at, `must not exceed ${MAX_EXPRESSION_BYTES} bytes in length`)
  } else {
    const rules = { scope: requestScope(options), results: ['string', 'null_type'], shown: valueExpression }
    yield* checkExpression(at, expression, rules).errors
  }
}

function* validateStatus({ status }: ValidatingAdmissionPolicy): FieldErrors {
  const path = STATUS.child('typeChecking', 'expressionWarnings')
  for (const [i, { warning, fieldRef }] of (status?.typeChecking?.expressionWarnings ?? []).entries()) {
    if (!warning) yield required(path.index(i).child('warning'))
    if (!fieldRef?.trim()) yield required(path.index(i).child('fieldRef'))
  }
  yield* validateConditions(status?.conditions, STATUS.child('conditions'))
}
