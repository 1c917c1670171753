// The kinds of the API group authentication.k8s.io.

import { selfSubjectReview } from '#api/kinds/authentication/self-subject-review.ts'
import { tokenReview } from '#api/kinds/authentication/token-review.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const authenticationKinds: readonly KindDefinition[] = [selfSubjectReview, tokenReview]
