// Types of the API group apiregistration, in wire form. The fields come from @kubernetes/client-node.

import type {
  ApiregistrationV1ServiceReference,
  V1APIService,
  V1APIServiceCondition,
  V1APIServiceSpec,
  V1APIServiceStatus,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type APIService = Wire<V1APIService>
export type APIServiceCondition = Wire<V1APIServiceCondition>
export type APIServiceSpec = Wire<V1APIServiceSpec>
export type APIServiceStatus = Wire<V1APIServiceStatus>
export type ServiceReference = Wire<ApiregistrationV1ServiceReference>
