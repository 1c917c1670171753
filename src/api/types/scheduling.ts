// Types of the API group scheduling, in wire form. The fields come from @kubernetes/client-node.

import type { V1PriorityClass } from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type PriorityClass = Wire<V1PriorityClass>
