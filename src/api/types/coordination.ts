// Types of the API group coordination, in wire form. The fields come from @kubernetes/client-node.

import type { V1Lease, V1LeaseSpec } from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type Lease = Wire<V1Lease>
export type LeaseSpec = Wire<V1LeaseSpec>
