// The kinds of the API group policy.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { podDisruptionBudget } from '#api/kinds/policy/pod-disruption-budget.ts'

export const policyKinds: readonly KindDefinition[] = [podDisruptionBudget]
