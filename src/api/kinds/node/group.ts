// The kinds of the API group node.k8s.io.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { runtimeClass } from '#api/kinds/node/runtime-class.ts'

export const nodeKinds: readonly KindDefinition[] = [runtimeClass]
