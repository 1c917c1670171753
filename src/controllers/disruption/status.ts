// How many pods of a PodDisruptionBudget may be disrupted now, and the status that tells it. Pure.
//
// An eviction that was granted is remembered in `disruptedPods` until the pod is seen to go, or two minutes have
// passed: until then that pod counts as gone, and no second one is evicted in its place.
// Upstream: pkg/controller/disruption/disruption.go, staging/src/k8s.io/component-helpers/apps/poddisruptionbudget

import { scaledValue } from '#api/meta/int-or-string.ts'
import type { Pod } from '#api/types/core.ts'
import type { PodDisruptionBudget, PodDisruptionBudgetStatus } from '#api/types/policy.ts'
import { isPodReady } from '#controllers/pods/pod-state.ts'
import { formatTime } from '#sys/clock.ts'

export const DELETION_TIMEOUT_MS = 120_000

type DisruptedPods = Readonly<Record<string, string>>
type Conditions = NonNullable<PodDisruptionBudgetStatus['conditions']>
type Condition = Conditions[number]

/** Whether the budget asks how many pods their controllers want; a plain `minAvailable` does not. */
export const asksForScale = ({ spec }: PodDisruptionBudget): boolean =>
  spec?.maxUnavailable !== undefined || typeof spec?.minAvailable === 'string'

/** How many have to be healthy, of `expected`. */
export function desiredHealthy({ spec }: PodDisruptionBudget, expected: number): number {
  if (spec?.maxUnavailable !== undefined) {
    return Math.max(0, expected - scaled(spec.maxUnavailable, expected))
  }
  return spec?.minAvailable === undefined ? 0 : scaled(spec.minAvailable, expected)
}

/** Throws what upstream says of a value that is neither a number nor a percentage. */
function scaled(value: number | string, total: number): number {
  const result = scaledValue(value, total, true)
  if (result === undefined)
    throw new Error('invalid value for IntOrString: invalid type: string is not a percentage')
  return result
}

export interface Disrupted {
  readonly pods: DisruptedPods
  /** Were to go and did not. */
  readonly notDeleted: readonly Pod[]
  /** When the next one has had its time. */
  readonly recheckMs: number | undefined
}

/** The pods that are still to go. */
export function disruptedPods(
  { status }: PodDisruptionBudget,
  pods: readonly Pod[],
  nowMs: number,
): Disrupted {
  const left: Record<string, string> = {}
  const notDeleted: Pod[] = []
  let recheckMs: number | undefined
  for (const pod of pods) {
    const name = pod.metadata?.name ?? ''
    const since = status?.disruptedPods?.[name]
    if (pod.metadata?.deletionTimestamp !== undefined || since === undefined) continue
    const waitMs = Date.parse(since) + DELETION_TIMEOUT_MS - nowMs
    if (waitMs < 0) {
      notDeleted.push(pod)
      continue
    }
    left[name] = since
    recheckMs = Math.min(recheckMs ?? waitMs, waitMs)
  }
  return { pods: left, notDeleted, recheckMs }
}

export function countHealthy(pods: readonly Pod[], disrupted: DisruptedPods): number {
  return pods.filter(
    (pod) =>
      pod.metadata?.deletionTimestamp === undefined &&
      disrupted[pod.metadata?.name ?? ''] === undefined &&
      isPodReady(pod),
  ).length
}

/** Nothing may go while no pod is expected: the first ones might just be coming. */
export function budgetStatus(
  { metadata, status }: PodDisruptionBudget,
  counts: { readonly expected: number; readonly desired: number; readonly healthy: number },
  disrupted: DisruptedPods,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const { expected, desired, healthy } = counts
  const allowed = expected <= 0 ? 0 : Math.max(0, healthy - desired)
  const { generation } = metadata ?? {}
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: allowed > 0 ? 'True' : 'False',
    reason: allowed > 0 ? 'SufficientPods' : 'InsufficientPods',
    message: '',
    lastTransitionTime: formatTime(nowMs),
    ...(generation !== undefined && { observedGeneration: generation }),
  }
  return {
    conditions: withCondition(status?.conditions ?? [], condition),
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: allowed,
    expectedPods: expected,
    ...(Object.keys(disrupted).length > 0 && { disruptedPods: disrupted }),
    ...(generation !== undefined && { observedGeneration: generation }),
  }
}

/** When the budget cannot be worked out nothing may be disrupted. */
export function failedStatus(
  { status }: PodDisruptionBudget,
  message: string,
  nowMs: number,
): PodDisruptionBudgetStatus {
  const { observedGeneration } = status ?? {}
  const condition: Condition = {
    type: 'DisruptionAllowed',
    status: 'False',
    reason: 'SyncFailed',
    message,
    lastTransitionTime: formatTime(nowMs),
    ...(observedGeneration !== undefined && { observedGeneration }),
  }
  return {
    currentHealthy: 0,
    desiredHealthy: 0,
    expectedPods: 0,
    ...status,
    disruptionsAllowed: 0,
    conditions: withCondition(status?.conditions ?? [], condition),
  }
}

/** By type; the time stays where the status does. */
function withCondition(conditions: Conditions, next: Condition): Conditions {
  const old = conditions.find(({ type }) => type === next.type)
  if (!old) return [...conditions, next]
  const kept = old.status === next.status ? { ...next, lastTransitionTime: old.lastTransitionTime } : next
  return conditions.map((condition) => (condition === old ? kept : condition))
}

/** In how long a pod's condition of being disrupted is stale: it was to go and lives on. Undefined for most pods. */
export function staleInMs(pod: Pod, nowMs: number): number | undefined {
  const condition = pod.status?.conditions?.find(({ type }) => type === 'DisruptionTarget')
  const { phase } = pod.status ?? {}
  // The kubelet takes the time it needs, and what has ended does not live on.
  const isLasting =
    pod.metadata?.deletionTimestamp !== undefined ||
    condition?.status !== 'True' ||
    condition.reason === 'TerminationByKubelet' ||
    phase === 'Succeeded' ||
    phase === 'Failed'
  if (isLasting) return undefined
  return Math.max(0, Date.parse(condition.lastTransitionTime ?? '') + DELETION_TIMEOUT_MS - nowMs)
}
