// The kinds of the API group scheduling.k8s.io.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { priorityClass } from '#api/kinds/scheduling/priority-class.ts'

export const schedulingKinds: readonly KindDefinition[] = [priorityClass]
