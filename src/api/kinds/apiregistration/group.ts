// The kinds of the API group apiregistration.k8s.io.

import { apiService } from '#api/kinds/apiregistration/api-service.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const apiregistrationKinds: readonly KindDefinition[] = [apiService]
