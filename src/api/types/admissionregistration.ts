// Types of the API group admissionregistration, in wire form. The fields come from @kubernetes/client-node.

import type {
  AdmissionregistrationV1ServiceReference,
  AdmissionregistrationV1WebhookClientConfig,
  V1ApplyConfiguration,
  V1AuditAnnotation,
  V1ExpressionWarning,
  V1JSONPatch,
  V1MatchCondition,
  V1MatchResources,
  V1MutatingAdmissionPolicy,
  V1MutatingAdmissionPolicyBinding,
  V1MutatingAdmissionPolicyBindingSpec,
  V1MutatingAdmissionPolicySpec,
  V1MutatingWebhook,
  V1MutatingWebhookConfiguration,
  V1Mutation,
  V1NamedRuleWithOperations,
  V1ParamKind,
  V1ParamRef,
  V1RuleWithOperations,
  V1TypeChecking,
  V1ValidatingAdmissionPolicy,
  V1ValidatingAdmissionPolicyBinding,
  V1ValidatingAdmissionPolicyBindingSpec,
  V1ValidatingAdmissionPolicySpec,
  V1ValidatingAdmissionPolicyStatus,
  V1ValidatingWebhook,
  V1ValidatingWebhookConfiguration,
  V1Validation,
  V1Variable,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type ApplyConfiguration = Wire<V1ApplyConfiguration>
export type AuditAnnotation = Wire<V1AuditAnnotation>
export type ExpressionWarning = Wire<V1ExpressionWarning>
export type JSONPatch = Wire<V1JSONPatch>
export type MatchCondition = Wire<V1MatchCondition>
export type MatchResources = Wire<V1MatchResources>
export type MutatingAdmissionPolicy = Wire<V1MutatingAdmissionPolicy>
export type MutatingAdmissionPolicyBinding = Wire<V1MutatingAdmissionPolicyBinding>
export type MutatingAdmissionPolicyBindingSpec = Wire<V1MutatingAdmissionPolicyBindingSpec>
export type MutatingAdmissionPolicySpec = Wire<V1MutatingAdmissionPolicySpec>
export type MutatingWebhook = Wire<V1MutatingWebhook>
export type MutatingWebhookConfiguration = Wire<V1MutatingWebhookConfiguration>
export type Mutation = Wire<V1Mutation>
export type NamedRuleWithOperations = Wire<V1NamedRuleWithOperations>
export type ParamKind = Wire<V1ParamKind>
export type ParamRef = Wire<V1ParamRef>
export type RuleWithOperations = Wire<V1RuleWithOperations>
export type ServiceReference = Wire<AdmissionregistrationV1ServiceReference>
export type TypeChecking = Wire<V1TypeChecking>
export type ValidatingAdmissionPolicy = Wire<V1ValidatingAdmissionPolicy>
export type ValidatingAdmissionPolicyBinding = Wire<V1ValidatingAdmissionPolicyBinding>
export type ValidatingAdmissionPolicyBindingSpec = Wire<V1ValidatingAdmissionPolicyBindingSpec>
export type ValidatingAdmissionPolicySpec = Wire<V1ValidatingAdmissionPolicySpec>
export type ValidatingAdmissionPolicyStatus = Wire<V1ValidatingAdmissionPolicyStatus>
export type ValidatingWebhook = Wire<V1ValidatingWebhook>
export type ValidatingWebhookConfiguration = Wire<V1ValidatingWebhookConfiguration>
export type Validation = Wire<V1Validation>
export type Variable = Wire<V1Variable>
export type WebhookClientConfig = Wire<AdmissionregistrationV1WebhookClientConfig>
