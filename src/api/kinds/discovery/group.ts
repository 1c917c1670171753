// The kinds of the API group discovery.k8s.io.

import { endpointSlice } from '#api/kinds/discovery/endpoint-slice.ts'
import type { KindDefinition } from '#api/kinds/kind.ts'

export const discoveryKinds: readonly KindDefinition[] = [endpointSlice]
