// The kinds of the API group coordination.k8s.io.

import { lease } from '#api/kinds/coordination/lease.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const coordinationKinds: readonly KindDefinition[] = [lease]
