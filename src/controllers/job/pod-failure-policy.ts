// What a failed pod means to its Job: the first rule that fits decides. Pure.
//
// Upstream: pkg/controller/job/pod_failure_policy.go

import type { PodFailurePolicy, PodFailurePolicyOnExitCodesRequirement } from '#api/types/batch.ts'
import type { ContainerStatus, Pod } from '#api/types/core.ts'

export interface FailureVerdict {
  /** Whether the failure counts against the backoff limit. */
  readonly counts: boolean
  readonly action?: 'Ignore' | 'FailIndex' | 'Count' | 'FailJob'
  /** Why the whole Job fails. */
  readonly jobMessage?: string
}

export function judgeFailure(policy: PodFailurePolicy | undefined, pod: Pod): FailureVerdict {
  for (const [index, rule] of (policy?.rules ?? []).entries()) {
    const what = rule.onExitCodes
      ? matchedExitCode(pod, rule.onExitCodes, rule.action, index)
      : matchedCondition(pod, rule.onPodConditions ?? [], rule.action, index)
    if (what === undefined) continue
    if (rule.action === 'Ignore') return { counts: false, action: 'Ignore' }
    if (rule.action === 'FailIndex' || rule.action === 'Count') return { counts: true, action: rule.action }
    if (rule.action === 'FailJob') return { counts: true, action: 'FailJob', jobMessage: what }
  }
  return { counts: true }
}

function matchedExitCode(
  pod: Pod,
  requirement: PodFailurePolicyOnExitCodesRequirement,
  action: string,
  index: number,
): string | undefined {
  const statuses = [...(pod.status?.containerStatuses ?? []), ...(pod.status?.initContainerStatuses ?? [])]
  const status = statuses.find((candidate) => fits(candidate, requirement))
  if (!status) return undefined
  const { namespace, name } = pod.metadata ?? {}
  return (
    `Container ${status.name} for pod ${namespace}/${name} failed with exit code ` +
    `${status.state?.terminated?.exitCode} matching ${action} rule at index ${index}`
  )
}

function fits(
  { name, state }: ContainerStatus,
  requirement: PodFailurePolicyOnExitCodesRequirement,
): boolean {
  const exitCode = state?.terminated?.exitCode
  if (exitCode === undefined || exitCode === 0) return false
  if (requirement.containerName !== undefined && requirement.containerName !== name) return false
  return requirement.values.includes(exitCode) === (requirement.operator === 'In')
}

function matchedCondition(
  pod: Pod,
  patterns: readonly { readonly type: string; readonly status?: string }[],
  action: string,
  index: number,
): string | undefined {
  const condition = pod.status?.conditions?.find(({ type, status }) =>
    patterns.some((pattern) => pattern.type === type && (pattern.status ?? 'True') === status),
  )
  if (!condition) return undefined
  const { namespace, name } = pod.metadata ?? {}
  return `Pod ${namespace}/${name} has condition ${condition.type} matching ${action} rule at index ${index}`
}
