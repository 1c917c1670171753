// The conditions of an autoscaler: able to scale, scaling by metrics, limited. Pure.
//
// Upstream: pkg/controller/podautoscaler/horizontal.go (setConditionInList)

import type { HorizontalPodAutoscalerCondition } from '#api/types/autoscaling.ts'
import { formatTime } from '#sys/clock.ts'

export type Conditions = readonly HorizontalPodAutoscalerCondition[]
type ConditionType = 'AbleToScale' | 'ScalingActive' | 'ScalingLimited'

/** By type; the time moves when the status does. */
export function withCondition(
  conditions: Conditions,
  type: ConditionType,
  isTrue: boolean,
  { reason, message }: { readonly reason: string; readonly message: string },
  nowMs: number,
): Conditions {
  const status = isTrue ? 'True' : 'False'
  const old = conditions.find((condition) => condition.type === type)
  const since = old?.status === status ? old.lastTransitionTime : formatTime(nowMs)
  const next = { type, status, reason, message, ...(since !== undefined && { lastTransitionTime: since }) }
  return old ? conditions.map((condition) => (condition === old ? next : condition)) : [...conditions, next]
}
