// Types of the API group authorization, in wire form. The fields come from @kubernetes/client-node.

import type {
  V1FieldSelectorAttributes,
  V1LabelSelectorAttributes,
  V1LocalSubjectAccessReview,
  V1NonResourceAttributes,
  V1NonResourceRule,
  V1ResourceAttributes,
  V1ResourceRule,
  V1SelfSubjectAccessReview,
  V1SelfSubjectAccessReviewSpec,
  V1SelfSubjectRulesReview,
  V1SelfSubjectRulesReviewSpec,
  V1SubjectAccessReview,
  V1SubjectAccessReviewSpec,
  V1SubjectAccessReviewStatus,
  V1SubjectRulesReviewStatus,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type FieldSelectorAttributes = Wire<V1FieldSelectorAttributes>
export type LabelSelectorAttributes = Wire<V1LabelSelectorAttributes>
export type LocalSubjectAccessReview = Wire<V1LocalSubjectAccessReview>
export type NonResourceAttributes = Wire<V1NonResourceAttributes>
export type NonResourceRule = Wire<V1NonResourceRule>
export type ResourceAttributes = Wire<V1ResourceAttributes>
export type ResourceRule = Wire<V1ResourceRule>
export type SelfSubjectAccessReview = Wire<V1SelfSubjectAccessReview>
export type SelfSubjectAccessReviewSpec = Wire<V1SelfSubjectAccessReviewSpec>
export type SelfSubjectRulesReview = Wire<V1SelfSubjectRulesReview>
export type SelfSubjectRulesReviewSpec = Wire<V1SelfSubjectRulesReviewSpec>
export type SubjectAccessReview = Wire<V1SubjectAccessReview>
export type SubjectAccessReviewSpec = Wire<V1SubjectAccessReviewSpec>
export type SubjectAccessReviewStatus = Wire<V1SubjectAccessReviewStatus>
export type SubjectRulesReviewStatus = Wire<V1SubjectRulesReviewStatus>
