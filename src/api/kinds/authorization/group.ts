// The kinds of the API group authorization.k8s.io.

import { localSubjectAccessReview } from '#api/kinds/authorization/local-subject-access-review.ts'
import { selfSubjectAccessReview } from '#api/kinds/authorization/self-subject-access-review.ts'
import { selfSubjectRulesReview } from '#api/kinds/authorization/self-subject-rules-review.ts'
import { subjectAccessReview } from '#api/kinds/authorization/subject-access-review.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const authorizationKinds: readonly KindDefinition[] = [
  localSubjectAccessReview,
  selfSubjectAccessReview,
  selfSubjectRulesReview,
  subjectAccessReview,
]
