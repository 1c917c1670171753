// Types of the API group flowcontrol, in wire form. The fields come from @kubernetes/client-node.

import type {
  FlowcontrolV1Subject,
  V1ExemptPriorityLevelConfiguration,
  V1FlowDistinguisherMethod,
  V1FlowSchema,
  V1FlowSchemaCondition,
  V1FlowSchemaSpec,
  V1FlowSchemaStatus,
  V1GroupSubject,
  V1LimitedPriorityLevelConfiguration,
  V1LimitResponse,
  V1NonResourcePolicyRule,
  V1PolicyRulesWithSubjects,
  V1PriorityLevelConfiguration,
  V1PriorityLevelConfigurationCondition,
  V1PriorityLevelConfigurationReference,
  V1PriorityLevelConfigurationSpec,
  V1PriorityLevelConfigurationStatus,
  V1QueuingConfiguration,
  V1ResourcePolicyRule,
  V1ServiceAccountSubject,
  V1UserSubject,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type ExemptPriorityLevelConfiguration = Wire<V1ExemptPriorityLevelConfiguration>
export type FlowDistinguisherMethod = Wire<V1FlowDistinguisherMethod>
export type FlowSchema = Wire<V1FlowSchema>
export type FlowSchemaCondition = Wire<V1FlowSchemaCondition>
export type FlowSchemaSpec = Wire<V1FlowSchemaSpec>
export type FlowSchemaStatus = Wire<V1FlowSchemaStatus>
export type GroupSubject = Wire<V1GroupSubject>
export type LimitResponse = Wire<V1LimitResponse>
export type LimitedPriorityLevelConfiguration = Wire<V1LimitedPriorityLevelConfiguration>
export type NonResourcePolicyRule = Wire<V1NonResourcePolicyRule>
export type PolicyRulesWithSubjects = Wire<V1PolicyRulesWithSubjects>
export type PriorityLevelConfiguration = Wire<V1PriorityLevelConfiguration>
export type PriorityLevelConfigurationCondition = Wire<V1PriorityLevelConfigurationCondition>
export type PriorityLevelConfigurationReference = Wire<V1PriorityLevelConfigurationReference>
export type PriorityLevelConfigurationSpec = Wire<V1PriorityLevelConfigurationSpec>
export type PriorityLevelConfigurationStatus = Wire<V1PriorityLevelConfigurationStatus>
export type QueuingConfiguration = Wire<V1QueuingConfiguration>
export type ResourcePolicyRule = Wire<V1ResourcePolicyRule>
export type ServiceAccountSubject = Wire<V1ServiceAccountSubject>
export type Subject = Wire<FlowcontrolV1Subject>
export type UserSubject = Wire<V1UserSubject>
