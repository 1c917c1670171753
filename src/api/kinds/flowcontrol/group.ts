// The kinds of the API group flowcontrol.apiserver.k8s.io.

import { flowSchema } from '#api/kinds/flowcontrol/flow-schema.ts'
import { priorityLevelConfiguration } from '#api/kinds/flowcontrol/priority-level-configuration.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const flowcontrolKinds: readonly KindDefinition[] = [flowSchema, priorityLevelConfiguration]
