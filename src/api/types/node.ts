// Types of the API group node, in wire form. The fields come from @kubernetes/client-node.

import type { V1Overhead, V1RuntimeClass, V1Scheduling } from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type Overhead = Wire<V1Overhead>
export type RuntimeClass = Wire<V1RuntimeClass>
export type Scheduling = Wire<V1Scheduling>
