// Types of the API group rbac, in wire form. The fields come from @kubernetes/client-node.

import type {
  RbacV1Subject,
  V1AggregationRule,
  V1ClusterRole,
  V1ClusterRoleBinding,
  V1PolicyRule,
  V1Role,
  V1RoleBinding,
  V1RoleRef,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type AggregationRule = Wire<V1AggregationRule>
export type ClusterRole = Wire<V1ClusterRole>
export type ClusterRoleBinding = Wire<V1ClusterRoleBinding>
export type PolicyRule = Wire<V1PolicyRule>
export type Role = Wire<V1Role>
export type RoleBinding = Wire<V1RoleBinding>
export type RoleRef = Wire<V1RoleRef>
export type Subject = Wire<RbacV1Subject>
