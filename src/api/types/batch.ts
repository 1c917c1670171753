// Types of the API group batch, in wire form. The fields come from @kubernetes/client-node.

import type {
  V1CronJob,
  V1CronJobSpec,
  V1CronJobStatus,
  V1Job,
  V1JobCondition,
  V1JobSpec,
  V1JobStatus,
  V1JobTemplateSpec,
  V1PodFailurePolicy,
  V1PodFailurePolicyOnExitCodesRequirement,
  V1PodFailurePolicyOnPodConditionsPattern,
  V1PodFailurePolicyRule,
  V1SuccessPolicy,
  V1SuccessPolicyRule,
  V1UncountedTerminatedPods,
} from '@kubernetes/client-node'
import type { Wire } from '#api/types/wire.ts'

export type CronJob = Wire<V1CronJob>
export type CronJobSpec = Wire<V1CronJobSpec>
export type CronJobStatus = Wire<V1CronJobStatus>
export type Job = Wire<V1Job>
export type JobCondition = Wire<V1JobCondition>
export type JobSpec = Wire<V1JobSpec>
export type JobStatus = Wire<V1JobStatus>
export type JobTemplateSpec = Wire<V1JobTemplateSpec>
export type PodFailurePolicy = Wire<V1PodFailurePolicy>
export type PodFailurePolicyOnExitCodesRequirement = Wire<V1PodFailurePolicyOnExitCodesRequirement>
export type PodFailurePolicyOnPodConditionsPattern = Wire<V1PodFailurePolicyOnPodConditionsPattern>
export type PodFailurePolicyRule = Wire<V1PodFailurePolicyRule>
export type SuccessPolicy = Wire<V1SuccessPolicy>
export type SuccessPolicyRule = Wire<V1SuccessPolicyRule>
export type UncountedTerminatedPods = Wire<V1UncountedTerminatedPods>
