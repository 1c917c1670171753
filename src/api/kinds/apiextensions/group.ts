// The kinds of the API group apiextensions.k8s.io.

import { customResourceDefinition } from '#api/kinds/apiextensions/custom-resource-definition.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const apiextensionsKinds: readonly KindDefinition[] = [customResourceDefinition]
