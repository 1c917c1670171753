// Autoscalers between v2, in which they are stored, and v1, which knows no metric but CPU.
//
// What v1 has no field for is put into annotations, so that nothing is lost on the way there and back.
// Upstream: pkg/apis/autoscaling/v1/conversion.go

import { fromV1Metric, fromV1Status, toV1Metric, toV1Status } from '#api/kinds/autoscaling/v1-metrics.ts'
import { internalForm } from '#api/kinds/internal-form.ts'
import { goJson } from '#api/meta/field-error.ts'
import type { JsonObject } from '#api/meta/object.ts'
import type {
  HorizontalPodAutoscaler,
  HorizontalPodAutoscalerV1,
  MetricSpec,
  MetricStatus,
} from '#api/types/autoscaling.ts'

const PREFIX = 'autoscaling.alpha.kubernetes.io/'
const METRICS = `${PREFIX}metrics`
const CURRENT_METRICS = `${PREFIX}current-metrics`
const CONDITIONS = `${PREFIX}conditions`
const BEHAVIOR = `${PREFIX}behavior`
const CARRIERS = [
  METRICS,
  CURRENT_METRICS,
  CONDITIONS,
  BEHAVIOR,
  `${PREFIX}scale-down-tolerance`,
  `${PREFIX}scale-up-tolerance`,
]

export const DEFAULT_CPU_UTILIZATION = 80

export function convertAutoscaler(object: JsonObject, from: string): JsonObject {
  return from === 'autoscaling/v1'
    ? (fromV1(object as unknown as HorizontalPodAutoscalerV1) as unknown as JsonObject)
    : (toV1(object as unknown as HorizontalPodAutoscaler) as unknown as JsonObject)
}

/** Annotations that carry fields of the other version mean nothing in this one. */
export function withoutCarriers(annotations: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.entries(annotations).filter(([name]) => !CARRIERS.includes(name)))
}

export const cpuMetric = (averageUtilization: number): MetricSpec => ({
  type: 'Resource',
  resource: { name: 'cpu', target: { type: 'Utilization', averageUtilization } },
})

const cpuTarget = ({ type, resource }: MetricSpec): number | undefined =>
  type === 'Resource' && resource?.name === 'cpu' ? resource.target.averageUtilization : undefined

function toV1(object: HorizontalPodAutoscaler): HorizontalPodAutoscalerV1 {
  const { spec, status } = object
  const { metrics: given, behavior, ...rest } = spec ?? ({} as NonNullable<typeof spec>)
  const {
    currentMetrics: measuredMetrics,
    conditions,
    ...restStatus
  } = status ?? ({} as NonNullable<typeof status>)
  const metrics = given ?? []
  const currentMetrics = measuredMetrics ?? []
  const added: Record<string, string> = {}
  const others = metrics.filter((metric) => cpuTarget(metric) === undefined)
  if (others.length > 0) added[METRICS] = goJson(others.map(toV1Metric))
  if (currentMetrics.length > 0) added[CURRENT_METRICS] = goJson(currentMetrics.map(toV1Status))
  if (behavior) added[BEHAVIOR] = goJson(internalForm('HorizontalPodAutoscalerBehavior', behavior))
  if (conditions?.length) added[CONDITIONS] = goJson(conditions)
  const cpu = metrics.map(cpuTarget).find((target) => target !== undefined)
  const measured = currentMetrics.findLast(isCpuStatus)?.resource?.current.averageUtilization
  return {
    ...object,
    metadata: withAnnotations(object.metadata, added),
    spec: { ...rest, ...(cpu !== undefined && { targetCPUUtilizationPercentage: cpu }) },
    status: {
      ...restStatus,
      currentReplicas: restStatus.currentReplicas ?? 0,
      desiredReplicas: restStatus.desiredReplicas ?? 0,
      ...(measured !== undefined && { currentCPUUtilizationPercentage: measured }),
    },
  }
}

const isCpuStatus = ({ type, resource }: MetricStatus): boolean =>
  type === 'Resource' && resource?.name === 'cpu' && resource.current.averageUtilization !== undefined

function withAnnotations(
  metadata: HorizontalPodAutoscaler['metadata'],
  added: Readonly<Record<string, string>>,
): NonNullable<HorizontalPodAutoscaler['metadata']> {
  const { annotations = {}, ...rest } = metadata ?? {}
  const all = { ...withoutCarriers(annotations), ...added }
  return { ...rest, ...(Object.keys(all).length > 0 && { annotations: all }) }
}

function fromV1(object: HorizontalPodAutoscalerV1): HorizontalPodAutoscaler {
  const annotations = object.metadata?.annotations ?? {}
  const { targetCPUUtilizationPercentage: cpu, ...spec } =
    object.spec ?? ({} as NonNullable<typeof object.spec>)
  const { currentCPUUtilizationPercentage: measured, ...status } =
    object.status ?? ({} as NonNullable<typeof object.status>)
  const own = cpu === undefined ? [] : [cpuMetric(cpu)]
  const metrics = [...(listIn(annotations[METRICS])?.map(fromV1Metric) ?? []), ...own]
  const currentMetrics = listIn(annotations[CURRENT_METRICS])?.map(fromV1Status) ?? cpuStatus(measured)
  const behavior = behaviorIn(annotations[BEHAVIOR])
  const conditions = listIn(annotations[CONDITIONS])
  return {
    ...object,
    metadata: withAnnotations(object.metadata, {}),
    spec: {
      ...spec,
      metrics: metrics.length > 0 ? metrics : [cpuMetric(DEFAULT_CPU_UTILIZATION)],
      ...(behavior && { behavior }),
    },
    status: {
      ...status,
      desiredReplicas: status.desiredReplicas ?? 0,
      ...(currentMetrics.length > 0 && { currentMetrics }),
      ...(conditions && { conditions }),
    },
  } as HorizontalPodAutoscaler
}

function cpuStatus(averageUtilization: number | undefined): MetricStatus[] {
  if (averageUtilization === undefined) return []
  return [{ type: 'Resource', resource: { name: 'cpu', current: { averageUtilization } } }]
}

/** An annotation that is no such JSON is passed over. */
function parsed(text: string | undefined): unknown {
  if (text === undefined) return undefined
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function listIn(text: string | undefined): readonly unknown[] | undefined {
  const value = parsed(text)
  return Array.isArray(value) ? value : undefined
}

function behaviorIn(
  text: string | undefined,
): HorizontalPodAutoscaler['spec'] extends infer S
  ? NonNullable<S> extends { readonly behavior?: infer B }
    ? B | undefined
    : never
  : never {
  const value = smallLetters(parsed(text)) as { scaleUp?: object; scaleDown?: object } | undefined
  return value?.scaleUp || value?.scaleDown ? (value as never) : undefined
}

/** The annotation has Go's names; nulls are fields that are not there. */
function smallLetters(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(smallLetters)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, item]) => item !== null)
      .map(([name, item]) => [`${name.charAt(0).toLowerCase()}${name.slice(1)}`, smallLetters(item)]),
  )
}
