// Reviews: authorization as a question that others ask (`kubectl auth can-i`). Evaluated, never stored.
//
// A review asks exactly what a request would ask, so the answer is that of the same chain. Upstream:
// pkg/registry/authorization/{subjectaccessreview,selfsubjectaccessreview,localsubjectaccessreview},
// pkg/apis/authorization/validation/validation.go

import { type FieldError, invalid as invalidField, Path, required, tooLong } from '#api/meta/field-error.ts'
import type { ObjectMeta } from '#api/meta/object.ts'
import { invalid } from '#api/meta/status.ts'
import {
  type FieldErrors,
  validateLabelSelectorRequirement,
  validateSelectorValues,
} from '#api/meta/validation.ts'
import type {
  FieldSelectorAttributes,
  LabelSelectorAttributes,
  LocalSubjectAccessReview,
  ResourceAttributes,
  SelfSubjectAccessReview,
  SubjectAccessReview,
  SubjectAccessReviewSpec,
  SubjectAccessReviewStatus,
} from '#api/types/authorization.ts'
import type { LabelSelectorRequirement } from '#api/types/meta.ts'
import type { Authorization } from '#apiserver/authorization/chain.ts'
import { selectorProblems, selectorsOf } from '#apiserver/authorization/review-selectors.ts'
import type { RequestInfo, UserInfo } from '#apiserver/request.ts'

const GROUP = 'authorization.k8s.io'
const SPEC = new Path('spec')

export async function reviewAccess(
  review: SubjectAccessReview,
  authorization: Authorization,
): Promise<SubjectAccessReview> {
  const errors = [
    ...specErrors(review.spec),
    ...subjectErrors(review.spec),
    ...metadataErrors(review.metadata, false),
  ]
  throwIfAny(errors)
  return { ...review, status: await evaluate(subjectOf(review.spec), review.spec, authorization) }
}

export async function reviewLocalAccess(
  review: LocalSubjectAccessReview,
  authorization: Authorization,
): Promise<LocalSubjectAccessReview> {
  const { spec, metadata } = review
  const errors = [...specErrors(spec), ...subjectErrors(spec), ...metadataErrors(metadata, true)]
  const namespace = spec.resourceAttributes?.namespace ?? ''
  if (spec.resourceAttributes && namespace !== (metadata?.namespace ?? '')) {
    const path = new Path('spec.resourceAttributes.namespace')
    errors.push(invalidField(path, namespace, 'must match metadata.namespace'))
  }
  if (spec.nonResourceAttributes) {
    const path = new Path('spec.nonResourceAttributes')
    errors.push(invalidField(path, spec.nonResourceAttributes, 'disallowed on this kind of request'))
  }
  throwIfAny(errors)
  return { ...review, status: await evaluate(subjectOf(spec), spec, authorization) }
}

export async function reviewOwnAccess(
  review: SelfSubjectAccessReview,
  user: UserInfo,
  authorization: Authorization,
): Promise<SelfSubjectAccessReview> {
  throwIfAny([...specErrors(review.spec), ...metadataErrors(review.metadata, false)])
  return { ...review, status: await evaluate(user, review.spec, authorization) }
}

type Attributes = Pick<SubjectAccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'>

async function evaluate(
  user: UserInfo,
  spec: Attributes,
  authorization: Authorization,
): Promise<SubjectAccessReviewStatus> {
  const problem = selectorProblems(spec.resourceAttributes)
  const { decision, reason, error } = await authorization.authorize(user, infoOf(spec))
  const evaluationError = error ?? problem
  return {
    allowed: decision === 'allow',
    ...(decision === 'deny' && { denied: true }),
    ...(reason !== '' && { reason }),
    ...(evaluationError && { evaluationError }),
  }
}

function subjectOf(spec: SubjectAccessReviewSpec): UserInfo {
  return {
    name: spec.user ?? '',
    groups: spec.groups ?? [],
    ...(spec.uid && { uid: spec.uid }),
    ...(spec.extra && { extra: spec.extra }),
  }
}

function infoOf(spec: Attributes): RequestInfo {
  const resource = spec.resourceAttributes
  return {
    isResourceRequest: resource !== undefined,
    verb: (resource ?? spec.nonResourceAttributes)?.verb ?? '',
    apiPrefix: '',
    group: resource?.group ?? '',
    version: resource ? resource.version || '*' : '',
    namespace: resource?.namespace ?? '',
    resource: resource?.resource ?? '',
    subresource: resource?.subresource ?? '',
    name: resource?.name ?? '',
    parts: [],
    path: spec.nonResourceAttributes?.path ?? '',
    ...selectorsOf(resource),
  }
}

function specErrors(spec: Attributes): FieldError[] {
  const errors: FieldError[] = []
  const { resourceAttributes, nonResourceAttributes } = spec
  if (resourceAttributes && nonResourceAttributes) {
    const why = 'cannot be specified in combination with resourceAttributes'
    errors.push(invalidField(SPEC.child('nonResourceAttributes'), nonResourceAttributes, why))
  }
  if (!resourceAttributes && !nonResourceAttributes) {
    const why = 'exactly one of nonResourceAttributes or resourceAttributes must be specified'
    errors.push(invalidField(SPEC.child('resourceAttributes'), null, why))
  }
  return [...errors, ...selectorErrors(resourceAttributes)]
}

const MAX_RAW_SELECTOR = 4096
/** A newer authorizer may know operators that this server does not. */
const LENIENT = { allowUnknownOperators: true } as const

function selectorErrors(attributes: ResourceAttributes | undefined): FieldError[] {
  const path = new Path('spec.resourceAttributes')
  return [
    ...oneSelector(path.child('fieldSelector'), attributes?.fieldSelector, fieldRequirement),
    ...oneSelector(path.child('labelSelector'), attributes?.labelSelector, (requirement, at) =>
      validateLabelSelectorRequirement(requirement, at, LENIENT),
    ),
  ]
}

type JudgeRequirement = (requirement: LabelSelectorRequirement, path: Path) => FieldErrors

function* oneSelector(
  path: Path,
  selector: FieldSelectorAttributes | LabelSelectorAttributes | undefined,
  judge: JudgeRequirement,
): FieldErrors {
  if (!selector) return
  const { rawSelector: raw = '', requirements = [] } = selector
  if (raw !== '' && requirements.length > 0) {
    yield invalidField(path.child('rawSelector'), raw, 'may not specified at the same time as requirements')
  }
  if (raw === '' && requirements.length === 0) {
    const why = `when ${path.text} is specified, requirements or rawSelector is required`
    yield required(path.child('requirements'), why)
  }
  if (Buffer.byteLength(raw) > MAX_RAW_SELECTOR) yield tooLong(path.child('rawSelector'), MAX_RAW_SELECTOR)
  for (const [i, requirement] of requirements.entries()) {
    yield* judge(requirement, path.child('requirements').index(i))
  }
}

function* fieldRequirement(requirement: LabelSelectorRequirement, path: Path): FieldErrors {
  if (!requirement.key) yield required(path.child('key'), 'must be specified')
  yield* validateSelectorValues(requirement, path, LENIENT)
}

function subjectErrors(spec: SubjectAccessReviewSpec): FieldError[] {
  if (spec.user || spec.groups?.length) return []
  return [
    invalidField(SPEC.child('user'), spec.user ?? '', 'at least one of user or group must be specified'),
  ]
}

function metadataErrors(metadata: ObjectMeta | undefined, mayHaveNamespace: boolean): FieldError[] {
  const { managedFields: _managed, namespace, ...rest } = metadata ?? {}
  const given = [...Object.values(rest), ...(mayHaveNamespace ? [] : [namespace])]
  if (given.every((value) => value === undefined || value === null || value === '')) return []
  const why = mayHaveNamespace ? 'must be empty except for namespace' : 'must be empty'
  return [invalidField(new Path('metadata'), metadata, why)]
}

function throwIfAny(errors: readonly FieldError[]): void {
  // Upstream's decoded reviews have lost their kind by then, and its message shows it.
  if (errors.length > 0) throw invalid(GROUP, '', '', errors)
}
