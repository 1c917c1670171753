// From what the metrics ask for to what is done: bounds, speed limits, and patience before there become fewer. Pure.
//
// Upstream: pkg/controller/podautoscaler/horizontal.go (normalizeDesiredReplicas, …WithBehaviors)

import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerBehavior,
  HPAScalingPolicy,
  HPAScalingRules,
} from '#api/types/autoscaling.ts'
import type { ScalingHistory } from '#controllers/horizontalpodautoscaler/history.ts'

const DOWNSCALE_WINDOW_MS = 300_000
/** Without rules of its own an autoscaler at most doubles, but four are always fine. */
const SCALE_UP_FACTOR = 2
const SCALE_UP_MINIMUM = 4

export interface Reason {
  readonly reason: string
  readonly message: string
}

export interface Decision {
  readonly replicas: number
  readonly ableToScale: Reason
  /** Why there are not as many as wanted; `isLimited` false: there are. */
  readonly limited: Reason & { readonly isLimited: boolean }
}

const WITHIN: Reason = {
  reason: 'DesiredWithinRange',
  message: 'the desired count is within the acceptable range',
}
const READY: Reason = { reason: 'ReadyForNewScale', message: 'recommended size matches current size' }
const SCALE_DOWN_STABILIZED: Reason = {
  reason: 'ScaleDownStabilized',
  message: 'recent recommendations were higher than current one, applying the highest recent recommendation',
}
const SCALE_UP_STABILIZED: Reason = {
  reason: 'ScaleUpStabilized',
  message: 'recent recommendations were lower than current one, applying the lowest recent recommendation',
}
const UP_LIMIT: Reason = {
  reason: 'ScaleUpLimit',
  message: 'the desired replica count is increasing faster than the maximum scale rate',
}
const DOWN_LIMIT: Reason = {
  reason: 'ScaleDownLimit',
  message: 'the desired replica count is decreasing faster than the maximum scale rate',
}
const TOO_MANY: Reason = {
  reason: 'TooManyReplicas',
  message: 'the desired replica count is more than the maximum replica count',
}
const TOO_FEW: Reason = {
  reason: 'TooFewReplicas',
  message: 'the desired replica count is less than the minimum replica count',
}

/** Also remembers what was wanted. */
export function decide(
  { spec }: HorizontalPodAutoscaler,
  current: number,
  desired: number,
  history: ScalingHistory,
  nowMs: number,
): Decision {
  const min = spec?.minReplicas ?? 1
  const max = spec?.maxReplicas ?? min
  const stabilized = spec?.behavior
    ? stabilizeByRules(spec.behavior, current, desired, history, nowMs)
    : Math.max(desired, ...history.recommendations(DOWNSCALE_WINDOW_MS, nowMs))
  history.recommend(desired, nowMs)
  const isUp = spec?.behavior !== undefined && desired >= current
  const ableToScale = stabilized === desired ? READY : isUp ? SCALE_UP_STABILIZED : SCALE_DOWN_STABILIZED
  const { replicas, why } = spec?.behavior
    ? limitByRules(spec.behavior, { min, max, current, wanted: stabilized }, history, nowMs)
    : limit(stabilized, min, max, Math.max(SCALE_UP_FACTOR * current, SCALE_UP_MINIMUM))
  return { replicas, ableToScale, limited: { ...why, isLimited: replicas !== stabilized } }
}

interface Limited {
  readonly replicas: number
  readonly why: Reason
}

function limit(wanted: number, min: number, max: number, fastest: number): Limited {
  if (wanted < min) return { replicas: min, why: TOO_FEW }
  const most = Math.min(max, fastest)
  if (wanted <= most) return { replicas: wanted, why: WITHIN }
  return { replicas: most, why: max > fastest ? UP_LIMIT : TOO_MANY }
}

/** Up only as far as was wanted all the time of one window, down only as far as in the other. */
function stabilizeByRules(
  { scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior,
  current: number,
  desired: number,
  history: ScalingHistory,
  nowMs: number,
): number {
  const upMs = (scaleUp?.stabilizationWindowSeconds ?? 0) * 1000
  const downSeconds = scaleDown?.stabilizationWindowSeconds
  const downMs = downSeconds === undefined ? DOWNSCALE_WINDOW_MS : downSeconds * 1000
  const lowest = Math.min(desired, ...history.recommendations(upMs, nowMs))
  const highest = Math.max(desired, ...history.recommendations(downMs, nowMs))
  return Math.min(Math.max(current, lowest), highest)
}

interface Range {
  readonly min: number
  readonly max: number
  readonly current: number
  readonly wanted: number
}

function limitByRules(
  { scaleUp, scaleDown }: HorizontalPodAutoscalerBehavior,
  { min, max, current, wanted }: Range,
  history: ScalingHistory,
  nowMs: number,
): Limited {
  if (wanted > current) {
    const fastest = Math.max(current, ruleLimit(scaleUp, 'up', current, history, nowMs))
    const most = Math.min(max, fastest)
    if (wanted > most) return { replicas: most, why: max > fastest ? UP_LIMIT : TOO_MANY }
  } else if (wanted < current) {
    const fastest = Math.min(current, ruleLimit(scaleDown, 'down', current, history, nowMs))
    const least = Math.max(min, fastest)
    if (wanted < least) return { replicas: least, why: min < fastest ? DOWN_LIMIT : TOO_FEW }
  }
  return { replicas: wanted, why: WITHIN }
}

/** How far the policies let it go from where each of their periods began. */
function ruleLimit(
  rules: HPAScalingRules | undefined,
  direction: 'up' | 'down',
  current: number,
  history: ScalingHistory,
  nowMs: number,
): number {
  if (rules?.selectPolicy === 'Disabled') return current
  const limits = (rules?.policies ?? []).map((policy) => {
    const start = current - history.changeIn(policy.periodSeconds * 1000, nowMs)
    return direction === 'up' ? upTo(policy, start) : downTo(policy, start)
  })
  const takesFurthest = rules?.selectPolicy !== 'Min'
  return takesFurthest === (direction === 'up') ? Math.max(...limits) : Math.min(...limits)
}

const upTo = ({ type, value }: HPAScalingPolicy, start: number): number =>
  type === 'Pods' ? start + value : Math.ceil(start * (1 + value / 100))

const downTo = ({ type, value }: HPAScalingPolicy, start: number): number =>
  type === 'Pods' ? start - value : Math.trunc(start * (1 - value / 100))
