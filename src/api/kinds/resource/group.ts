// The kinds of the API group resource.k8s.io.

import type { KindDefinition } from '#api/kinds/kind.ts'
import { deviceClass } from '#api/kinds/resource/device-class.ts'
import { resourceClaim } from '#api/kinds/resource/resource-claim.ts'
import { resourceClaimTemplate } from '#api/kinds/resource/resource-claim-template.ts'
import { resourceSlice } from '#api/kinds/resource/resource-slice.ts'

export const resourceKinds: readonly KindDefinition[] = [
  deviceClass,
  resourceClaim,
  resourceClaimTemplate,
  resourceSlice,
]
