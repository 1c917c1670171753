// What `kubectl get hpa` shows.
//
// Upstream: printHorizontalPodAutoscaler in pkg/printers/internalversion/printers.go

import { ageColumn, column, field, nameColumn } from '#api/kinds/columns.ts'
import type { Column } from '#api/kinds/kind.ts'
import type {
  HorizontalPodAutoscaler,
  MetricSpec,
  MetricStatus,
  MetricTarget,
  MetricValueStatus,
} from '#api/types/autoscaling.ts'
import type { Draft } from '#api/types/wire.ts'

const SHOWN = 2
const UNKNOWN = '<unknown>'
const ofSpec = (name: string): ReturnType<typeof field> =>
  field('autoscaling.v2.HorizontalPodAutoscalerSpec', name)

export const autoscalerColumns: readonly Column<Draft<HorizontalPodAutoscaler>>[] = [
  nameColumn(),
  column(
    'Reference',
    'scaleTargetRef points to the target resource to scale, and is used to the pods for which metrics should be collected, as well as to actually change the replica count.',
    ({ spec }) => `${spec?.scaleTargetRef.kind ?? ''}/${spec?.scaleTargetRef.name ?? ''}`,
  ),
  column('Targets', ofSpec('metrics'), ({ spec, status }) =>
    formatMetrics(spec?.metrics ?? [], status?.currentMetrics ?? []),
  ),
  column('MinPods', ofSpec('minReplicas'), ({ spec }) => String(spec?.minReplicas ?? '<unset>')),
  column('MaxPods', ofSpec('maxReplicas'), ({ spec }) => spec?.maxReplicas ?? 0),
  column(
    'Replicas',
    field('autoscaling.v2.HorizontalPodAutoscalerStatus', 'currentReplicas'),
    ({ status }) => status?.currentReplicas ?? 0,
  ),
  ageColumn(),
]

function formatMetrics(metrics: readonly MetricSpec[], statuses: readonly MetricStatus[]): string {
  if (metrics.length === 0) return '<none>'
  const texts = metrics.map((metric, i) => formatMetric(metric, statuses[i]))
  const shown = texts.slice(0, SHOWN).join(', ')
  return texts.length > SHOWN ? `${shown} + ${texts.length - SHOWN} more...` : shown
}

function formatMetric(metric: MetricSpec, status: MetricStatus | undefined): string {
  switch (metric.type) {
    case 'External':
      return fromOutside(metric.external?.target, status?.external?.current)
    case 'Object':
      return fromOutside(metric.object?.target, status?.object?.current)
    case 'Pods':
      return `${status?.pods?.current.averageValue ?? UNKNOWN}/${metric.pods?.target.averageValue ?? ''}`
    case 'Resource':
      return ofResource(metric.resource, status?.resource?.current)
    case 'ContainerResource':
      return ofResource(metric.containerResource, status?.containerResource?.current)
    default:
      return '<unknown type>'
  }
}

function fromOutside(target: MetricTarget | undefined, current: MetricValueStatus | undefined): string {
  return target?.averageValue === undefined
    ? `${current?.value ?? UNKNOWN}/${target?.value ?? ''}`
    : `${current?.averageValue ?? UNKNOWN}/${target.averageValue} (avg)`
}

function ofResource(
  source: { readonly name: string; readonly target: MetricTarget } | undefined,
  current: MetricValueStatus | undefined,
): string {
  if (!source) return UNKNOWN
  const { name, target } = source
  if (target.averageValue !== undefined) {
    return `${name}: ${current?.averageValue ?? UNKNOWN}/${target.averageValue}`
  }
  const percent = (value: number | undefined, absent: string): string =>
    value === undefined ? absent : `${value}%`
  return `${name}: ${percent(current?.averageUtilization, UNKNOWN)}/${percent(target.averageUtilization, '<auto>')}`
}
