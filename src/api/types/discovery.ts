// Types of the API group discovery, in wire form. The fields come from @kubernetes/client-node.

import type {
  DiscoveryV1EndpointPort,
  V1Endpoint,
  V1EndpointConditions,
  V1EndpointHints,
  V1EndpointSlice,
  V1ForNode,
  V1ForZone,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type Endpoint = Wire<V1Endpoint>
export type EndpointConditions = Wire<V1EndpointConditions>
export type EndpointHints = Wire<V1EndpointHints>
export type EndpointPort = Wire<DiscoveryV1EndpointPort>
export type EndpointSlice = Wire<V1EndpointSlice>
export type ForNode = Wire<V1ForNode>
export type ForZone = Wire<V1ForZone>
